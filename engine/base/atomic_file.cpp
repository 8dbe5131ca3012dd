#include "engine/base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "engine/base/error.h"

namespace base {

namespace fs = std::filesystem;

namespace {

std::string folder_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

std::string temporary_of(const std::string& path) {
  return path + kTemporaryMark + std::to_string(::getpid());
}

[[noreturn]] void fail_with_reason(const char* action, const std::string& path, size_t written) {
  const int reason = errno;
  std::error_code unknown;
  const fs::space_info space = fs::space(folder_of(path), unknown);
  fail(ExitCode::checkpoint, "cannot ", action, " ", path, ": ", std::strerror(reason), " (",
       written, " bytes written",
       unknown ? "" : ", " + std::to_string(space.available >> 20) + " MiB free",
       "); files written before are untouched");
}

template <class Call> auto uninterrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int open_new(const FileCalls& calls, const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  return uninterrupted([&] { return calls.open(path.c_str(), kFlags, 0666); });
}

// All or, with errno, less. Counts in `written`.
bool write_all(const FileCalls& calls, int file, const char* next, size_t bytes, size_t& written) {
  constexpr size_t kLargestWrite = size_t(1) << 30;
  while (bytes > 0) {
    const size_t chunk = std::min(bytes, kLargestWrite);
    const ssize_t n = uninterrupted([&] { return calls.write(file, next, chunk); });
    if (n == 0) errno = EIO;
    if (n <= 0) return false;
    next += n;
    bytes -= size_t(n);
    written += size_t(n);
  }
  return true;
}

// After an fsync, so that a signal here loses nothing; the descriptor is gone in any case.
bool close_durable(const FileCalls& calls, int file) {
  return calls.close(file) == 0 || errno == EINTR;
}

void sync_folder_of(const FileCalls& calls, const std::string& path, size_t written) {
  const std::string folder = folder_of(path);
  const int descriptor = uninterrupted(
      [&] { return calls.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); });
  if (descriptor < 0) fail_with_reason("open the folder of", path, written);
  const int result = uninterrupted([&] { return calls.fsync(descriptor); });
  const int reason = errno;
  calls.close(descriptor);
  errno = reason;
  if (result != 0) fail_with_reason("make durable the folder of", path, written);
}

bool copy_durably(const FileCalls& calls, const std::string& from, const std::string& to) {
  std::ifstream source(from, std::ios::binary);
  errno = EIO;
  if (!source) return false;
  const int file = open_new(calls, to);
  if (file < 0) return false;
  std::vector<char> chunk(size_t(1) << 20);
  size_t written = 0;
  bool good = true;
  while (good && source) {
    source.read(chunk.data(), std::streamsize(chunk.size()));
    good = write_all(calls, file, chunk.data(), size_t(source.gcount()), written);
  }
  errno = good && source.bad() ? EIO : errno;
  good = good && !source.bad() && uninterrupted([&] { return calls.fsync(file); }) == 0;
  const int reason = errno;
  const bool closed = close_durable(calls, file);
  if (!good) errno = reason;
  return good && closed;
}

bool link_or_copy(const FileCalls& calls, const std::string& from, const std::string& to) {
  calls.unlink(to.c_str());
  return calls.link(from.c_str(), to.c_str()) == 0 || copy_durably(calls, from, to);
}

}  // namespace

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
    : path_(std::move(path)), temporary_(temporary_of(path_)), calls_(std::move(calls)) {
  file_ = open_new(calls_, temporary_);
  if (file_ < 0) fail_with_reason("create", path_, 0);
}

// The second unlink finds nothing as a rule. But rename() does nothing when both names are one
// file already.
AtomicFile::~AtomicFile() {
  if (file_ >= 0) calls_.close(file_);
  if (!committed_) calls_.unlink(temporary_.c_str());
  if (!aside_.empty()) calls_.unlink(aside_.c_str());
}

void AtomicFile::write(const void* data, size_t bytes) {
  if (!write_all(calls_, file_, static_cast<const char*>(data), bytes, written_))
    fail_with_reason("write", path_, written_);
}

void AtomicFile::commit(const std::string& previous) {
  if (uninterrupted([&] { return calls_.fsync(file_); }) != 0)
    fail_with_reason("make durable", path_, written_);
  const bool closed = close_durable(calls_, file_);
  file_ = -1;
  if (!closed) fail_with_reason("close", path_, written_);
  std::error_code unknown;
  if (!previous.empty() && fs::exists(path_, unknown)) {
    aside_ = temporary_of(previous);
    if (!link_or_copy(calls_, path_, aside_)) fail_with_reason("keep the previous", path_, 0);
  }
  if (calls_.rename(temporary_.c_str(), path_.c_str()) != 0)
    fail_with_reason("put in place", path_, written_);
  committed_ = true;
  sync_folder_of(calls_, path_, written_);
  if (!aside_.empty() && calls_.rename(aside_.c_str(), previous.c_str()) != 0)
    fail_with_reason("keep the previous", path_, written_);
}

void put_second_name(const std::string& from, const std::string& to, FileCalls calls) {
  const std::string aside = temporary_of(to);
  const bool good =
      link_or_copy(calls, from, aside) && calls.rename(aside.c_str(), to.c_str()) == 0;
  const int reason = errno;
  calls.unlink(aside.c_str());
  errno = reason;
  if (!good) fail_with_reason("write", to, 0);
  sync_folder_of(calls, to, 0);
}

}  // namespace base
