#include "engine/base/file_kind.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/text.h"

namespace base {

namespace fs = std::filesystem;

namespace {

std::optional<int> number_of(const std::string& text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && number >= 0 ? std::optional(number) : std::nullopt;
}

// Of /dev/stdout, /dev/fd/N, and /proc/P/fd/N for this process.
std::optional<int> descriptor_of(const fs::path& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  const std::vector<fs::path> parts(path.begin(), path.end());
  if (parts.size() == 4 && parts[1] == "dev" && parts[2] == "fd") return number_of(parts[3]);
  if (parts.size() != 5 || parts[1] != "proc" || parts[3] != "fd") return std::nullopt;
  const bool ours = parts[2] == "self" || parts[2] == "thread-self" ||
                    number_of(parts[2].string()) == int(getpid());
  return ours ? number_of(parts[4]) : std::nullopt;
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::regular;
  if (S_ISDIR(mode)) return FileKind::folder;
  return S_ISFIFO(mode) || S_ISCHR(mode) ? FileKind::stream : FileKind::other;
}

}  // namespace

const char* kind_in_words(mode_t mode) {
  if (S_ISREG(mode)) return "a file";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISCHR(mode)) return "a device";
  return S_ISBLK(mode) ? "a block device" : "a socket";
}

FileState look_at(const fs::path& path) {
  struct stat status;
  const bool found = ::stat(path.c_str(), &status) == 0;
  const int reason = errno;
  if (found) {
    const FileIdentity identity{status.st_dev, status.st_ino};
    if (descriptor_named(path)) return {FileKind::stream, identity, "an open descriptor"};
    return {kind_of(status.st_mode), identity, kind_in_words(status.st_mode)};
  }
  if (::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode))
    return {FileKind::other, {}, "a link that leads to no file"};
  if (reason == ENOENT || reason == ENOTDIR) return {};
  fail(ExitCode::data, printable(path.string()), ": cannot be looked at: ", std::strerror(reason));
}

std::optional<int> descriptor_named(fs::path path) {
  constexpr int kMostLinks = 16;
  std::error_code error;
  for (int link = 0; link < kMostLinks; ++link) {
    path = fs::absolute(path, error).lexically_normal();
    if (const auto number = descriptor_of(path)) return number;
    const fs::path target = fs::read_symlink(path, error);
    if (error) return std::nullopt;
    path = path.parent_path() / target;  // an absolute target replaces the folder
  }
  return std::nullopt;
}

bool is_standard_output(const fs::path& path) { return descriptor_named(path) == STDOUT_FILENO; }

}  // namespace base
