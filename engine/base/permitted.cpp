#include "engine/base/permitted.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/text.h"

namespace base {

namespace fs = std::filesystem;

namespace {

// Whether looking at the path fails because of the rights of a folder above it.
bool is_out_of_sight(const fs::path& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) != 0 && errno == EACCES;
}

bool is_closed_folder(const fs::path& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         ::faccessat(AT_FDCWD, path.c_str(), R_OK | X_OK, AT_EACCESS) != 0 && errno == EACCES;
}

}  // namespace

std::string forbidden_in_words(const fs::path& path) {
  const char* const cure = ": permission denied; give this user the rights r and x to the folder";
  if (is_closed_folder(path))
    return printable(path.string()) + ": the folder may not be read" + cure;
  if (!is_out_of_sight(path)) return {};
  std::error_code unknown;
  fs::path closed = fs::absolute(path, unknown).lexically_normal();
  while (is_out_of_sight(closed) && closed.has_relative_path()) closed = closed.parent_path();
  return printable(path.string()) + ": cannot be looked at, because the folder " +
         printable(closed.string()) + " may not be entered" + cure;
}

void require_permitted(const fs::path& path, ExitCode code) {
  if (const std::string words = forbidden_in_words(path); !words.empty()) fail(code, words);
}

}  // namespace base
