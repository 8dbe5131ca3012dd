#include "engine/base/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/base/error.h"

namespace base {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder(const std::string& prefix) {
  std::error_code unknown;
  const fs::path parent = fs::temp_directory_path(unknown);
  const fs::path pattern = (unknown ? fs::path("/tmp") : parent) / (prefix + ".XXXXXX");
  if (!name_.set(pattern.string(), [](char* name) { return mkdtemp(name); }))
    fail(ExitCode::data, "cannot make a temporary folder ", pattern.string(), ": ",
         std::strerror(errno));
  path_ = name_.path();
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace base
