// Lists of paths, as ssddetect reads them from standard input.
#include "tools/path_lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;

namespace {

// What a file with these bytes gives as paths, asked for `most` at a time.
std::vector<std::string> paths_in(const std::string& bytes, size_t most) {
  tests::TemporaryFolder folder;
  const std::string path = folder.path() / "list";
  std::ofstream(path, std::ios::binary) << bytes;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  tools::PathLines lines(file, "list");
  std::vector<std::string> all;
  try {
    for (auto paths = lines.next(most); !paths.empty(); paths = lines.next(most)) {
      CHECK(paths.size() <= most);
      all.insert(all.end(), paths.begin(), paths.end());
    }
  } catch (...) {
    ::close(file);
    throw;
  }
  ::close(file);
  return all;
}

}  // namespace

TEST_CASE("paths are lines of at most 4096 bytes") {
  using Paths = std::vector<std::string>;
  for (size_t most : {1, 2, 100}) {
    CHECK(paths_in("", most).empty());
    CHECK(paths_in("\n\r\n\n \t\n  ", most).empty());
    CHECK(paths_in("a\nb\r\n\n c d \ne", most) == Paths{"a", "b", " c d ", "e"});
    const std::string long_one(4096, 'x');
    CHECK(paths_in(long_one + "\n" + long_one, most) == Paths{long_one, long_one});
    CHECK_THROWS_WITH(paths_in("a\n" + long_one + "x\nb\n", most), Contains("list, line 2: "));
    CHECK_THROWS_WITH(paths_in(std::string(1 << 20, 'x'), most), Contains("list, line 1: "));
    CHECK_THROWS_WITH(paths_in(std::string("a\nb\0c\n", 6), most), Contains("list, line 2: "));
  }
}
