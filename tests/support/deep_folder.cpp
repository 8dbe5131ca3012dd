#include "tests/support/deep_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "tests/support/catch.h"

namespace tests {

void make_too_deep(const std::filesystem::path& folder) {
  const std::string name(200, 'd');
  size_t bytes = folder.string().size();
  int at = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  while (at >= 0 && bytes < PATH_MAX) {
    REQUIRE(::mkdirat(at, name.c_str(), 0755) == 0);
    const int next = ::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(at);
    at = next;
    bytes += name.size() + 1;
  }
  REQUIRE(at >= 0);
  ::close(at);
}

}  // namespace tests
