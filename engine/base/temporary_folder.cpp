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
  std::string name = ((unknown ? fs::path("/tmp") : parent) / (prefix + ".XXXXXX")).string();
  if (!mkdtemp(name.data()))
    fail(ExitCode::data, "cannot make a temporary folder ", name, ": ", std::strerror(errno));
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace base
