#include "engine/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "engine/error.h"

namespace engine {

namespace fs = std::filesystem;

FileCalls FileCalls::posix() {
  return {
      .open = [](const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); },
      .write = [](int file, const void* data, size_t bytes) { return ::write(file, data, bytes); },
      .fsync = [](int file) { return ::fsync(file); },
      .close = [](int file) { return ::close(file); },
      .rename = [](const char* from, const char* to) { return ::rename(from, to); },
      .link = [](const char* from, const char* to) { return ::link(from, to); },
      .unlink = [](const char* path) { return ::unlink(path); },
  };
}

AtomicFile::AtomicFile(std::string path, FileCalls calls)
    : path_(std::move(path)),
      temporary_(path_ + ".tmp." + std::to_string(::getpid())),
      calls_(std::move(calls)) {
  file_ = calls_.open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ < 0) fail_with_reason("create");
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) calls_.close(file_);
  if (!committed_) calls_.unlink(temporary_.c_str());
}

void AtomicFile::fail_with_reason(const char* action) const {
  const int reason = errno;
  std::error_code no_space_known;
  fs::path folder = fs::path(path_).parent_path();
  auto space = fs::space(folder.empty() ? "." : folder, no_space_known);
  fail(ExitCode::checkpoint, "cannot ", action, " ", path_, ": ", std::strerror(reason), " (",
       written_, " bytes written",
       no_space_known ? "" : ", " + std::to_string(space.available >> 20) + " MiB free",
       "); files written before are untouched");
}

void AtomicFile::write(const void* data, size_t bytes) {
  const char* next = static_cast<const char*>(data);
  constexpr size_t kLargestWrite = size_t(1) << 30;
  while (bytes > 0) {
    ssize_t n = calls_.write(file_, next, std::min(bytes, kLargestWrite));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = EIO;
    if (n <= 0) fail_with_reason("write");
    next += n;
    bytes -= size_t(n);
    written_ += size_t(n);
  }
}

void AtomicFile::sync_folder() {
  fs::path parent = fs::path(path_).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  int descriptor = calls_.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (descriptor < 0) fail_with_reason("open the folder of");
  int result = calls_.fsync(descriptor);
  const int reason = errno;
  calls_.close(descriptor);
  errno = reason;
  if (result != 0) fail_with_reason("make durable the folder of");
}

void AtomicFile::commit(const std::string& previous) {
  if (calls_.fsync(file_) != 0) fail_with_reason("make durable");
  int closed = calls_.close(file_);
  file_ = -1;
  if (closed != 0) fail_with_reason("close");
  if (!previous.empty() && fs::exists(path_)) {
    const std::string aside = previous + ".tmp." + std::to_string(::getpid());
    calls_.unlink(aside.c_str());
    // Where the file system has no hard links, the old file moves: for a moment only `previous`
    // exists.
    if (calls_.link(path_.c_str(), aside.c_str()) == 0) {
      if (calls_.rename(aside.c_str(), previous.c_str()) != 0)
        fail_with_reason("keep the previous");
    } else if (calls_.rename(path_.c_str(), previous.c_str()) != 0) {
      fail_with_reason("keep the previous");
    }
  }
  if (calls_.rename(temporary_.c_str(), path_.c_str()) != 0) fail_with_reason("put in place");
  committed_ = true;
  sync_folder();
}

}  // namespace engine
