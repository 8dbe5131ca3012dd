#include "tests/support/unprivileged.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace tests {

namespace fs = std::filesystem;
constexpr uid_t kNobody = 65534;

Unprivileged::Unprivileged() {
  if (::geteuid() == 0) changed_ = ::seteuid(kNobody) == 0;
}

Unprivileged::~Unprivileged() {
  if (changed_ && ::seteuid(0) != 0) std::abort();
}

bool Unprivileged::holds() const { return ::geteuid() != 0; }

Rights::Rights(fs::path path, fs::perms rights)
    : path_(std::move(path)), before_(fs::status(path_).permissions()) {
  fs::permissions(path_, rights);
}

Rights::~Rights() {
  std::error_code unknown;
  fs::permissions(path_, before_, unknown);
}

}  // namespace tests
