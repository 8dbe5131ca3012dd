#include "engine/base/set_aside.h"

#include <filesystem>

#include "engine/base/error.h"

namespace base {

namespace fs = std::filesystem;

std::string free_name(const std::string& path, const std::string& why) {
  const std::string first = path + "." + why;
  std::string name = first;
  std::error_code unknown;
  for (int n = 2; fs::exists(fs::symlink_status(name, unknown)); ++n)
    name = first + "." + std::to_string(n);
  return name;
}

std::string set_aside(const std::string& path, const std::string& why) {
  const std::string name = free_name(path, why);
  std::error_code error;
  fs::rename(path, name, error);
  if (error) fail(ExitCode::data, "cannot rename ", path, " to ", name, ": ", error.message());
  return name;
}

}  // namespace base
