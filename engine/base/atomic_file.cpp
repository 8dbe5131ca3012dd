#include "engine/base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "engine/base/file_kind.h"
#include "engine/base/write_error.h"

namespace base {

namespace fs = std::filesystem;

namespace {

std::string folder_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

// The temporary name for a path. If the name would be too long, a hash replaces its end.
std::string temporary_of(const std::string& path) {
  const std::string ending = kTemporaryMark + std::to_string(::getpid());
  std::string name = fs::path(path).filename().string();
  if (name.size() + ending.size() <= NAME_MAX) return path + ending;
  const std::string hash = std::to_string(std::hash<std::string>()(name));
  name.resize(NAME_MAX - ending.size() - hash.size());
  return (fs::path(path).parent_path() / (name + hash + ending)).string();
}

[[noreturn]] void fail_with_reason(ExitCode code, const char* action, const std::string& path,
                                   size_t written) {
  const int reason = errno;
  std::error_code unknown;
  const std::string folder = folder_of(path);
  if (reason == ENOENT && !fs::exists(folder, unknown) && !unknown)
    throw WriteError(code,
                     concatenate("cannot ", action, " ", path, ": there is no folder ", folder),
                     reason);
  const fs::space_info space = fs::space(folder, unknown);
  throw WriteError(
      code,
      concatenate("cannot ", action, " ", path, ": ", std::strerror(reason), " (", written,
                  " bytes written",
                  unknown ? "" : ", " + std::to_string(space.available >> 20) + " MiB free",
                  "); files written before are untouched"),
      reason);
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

// Writes all bytes, and adds what was written to `written`. Returns false, with errno, if that
// fails.
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

// Closes a file after an fsync. If a signal interrupts the close, nothing is lost: the data is on
// the disk, and the descriptor is closed in any case.
bool close_durable(const FileCalls& calls, int file) {
  return calls.close(file) == 0 || errno == EINTR;
}

// Forces the names in the path's folder to the disk. Returns false, with errno, if that fails.
bool sync_folder_of(const FileCalls& calls, const std::string& path) {
  const std::string folder = folder_of(path);
  const int descriptor = uninterrupted(
      [&] { return calls.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); });
  if (descriptor < 0) return false;
  const int result = uninterrupted([&] { return calls.fsync(descriptor); });
  const int reason = errno;
  calls.close(descriptor);
  errno = reason;
  return result == 0;
}

int make_temporary(const FileCalls& calls, TemporaryName& name, const std::string& path) {
  return name.set(path, [&](const char* p) { return open_new(calls, p); });
}

bool copy_durably(const FileCalls& calls, const std::string& from, TemporaryName& to) {
  std::ifstream source(from, std::ios::binary);
  errno = EIO;
  if (!source) return false;
  const int file = make_temporary(calls, to, to.path());
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

// Makes a temporary file beside `to` with the content of `from`: a hard link, or else a copy.
bool link_or_copy(const FileCalls& calls, const std::string& from, const std::string& to,
                  TemporaryName& name) {
  const std::string path = temporary_of(to);
  calls.unlink(path.c_str());
  const auto link = [&](const char* p) { return calls.link(from.c_str(), p); };
  return name.set(path, link) == 0 || copy_durably(calls, from, name);
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

AtomicFile::AtomicFile(std::string path, WriteOptions options)
    : path_(std::move(path)), options_(std::move(options)) {
  const FileState there = look_at(path_);
  if (there.kind == FileKind::stream) {
    open_in_place();
    return;
  }
  std::error_code unknown;
  const bool link = fs::is_symlink(path_, unknown);  // it leads to nothing, which is allowed
  if (there.kind == FileKind::folder || (there.kind == FileKind::other && !link))
    base::fail(options_.code, "cannot write ", path_, ": it is ", there.words);
  file_ = make_temporary(options_.calls, temporary_, temporary_of(path_));
  if (file_ < 0) fail("create");
}

// If the path names an open descriptor, duplicates it, so that writing goes on at its position.
void AtomicFile::open_in_place() {
  in_place_ = true;
  const auto descriptor = descriptor_named(path_);
  if (descriptor) std::fflush(stdout);
  file_ = uninterrupted([&] {
    return descriptor ? ::fcntl(*descriptor, F_DUPFD_CLOEXEC, 0)
                      : options_.calls.open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
  });
  if (file_ < 0) fail("open");
}

// The last unlink usually finds nothing. But rename() leaves `aside_` in place if it and its target
// are names of one file already.
AtomicFile::~AtomicFile() {
  if (file_ >= 0) options_.calls.close(file_);
  if (!committed_ && !in_place_) options_.calls.unlink(temporary_.path().c_str());
  if (!aside_.path().empty()) options_.calls.unlink(aside_.path().c_str());
}

void AtomicFile::fail(const char* action) const {
  fail_with_reason(options_.code, action, path_, written_);
}

void AtomicFile::write(const void* data, size_t bytes) {
  if (!write_all(options_.calls, file_, static_cast<const char*>(data), bytes, written_))
    fail("write");
}

void AtomicFile::make_whole() {
  if (file_ < 0) return;
  const FileCalls& calls = options_.calls;
  const bool durable = options_.durable && !in_place_;
  if (durable && uninterrupted([&] { return calls.fsync(file_); }) != 0) fail("make durable");
  const bool closed = close_durable(calls, file_);
  file_ = -1;
  if (!closed) fail("close");
}

void AtomicFile::commit(const std::string& previous) {
  make_whole();
  if (in_place_) return;
  const FileCalls& calls = options_.calls;
  std::error_code unknown;
  if (!previous.empty() && fs::exists(path_, unknown) &&
      !link_or_copy(calls, path_, previous, aside_))
    fail("keep the previous");
  if (calls.rename(temporary_.path().c_str(), path_.c_str()) != 0) fail("put in place");
  committed_ = true;
  if (options_.durable && !sync_folder_of(calls, path_)) fail("make durable the folder of");
  const std::string& aside = aside_.path();
  if (!aside.empty() && calls.rename(aside.c_str(), previous.c_str()) != 0)
    fail("keep the previous");
}

void remove_files(const std::vector<std::string>& paths, const WriteOptions& options) {
  std::map<std::string, std::string> folders;  // with a file that was in each
  for (const std::string& path : paths) {
    if (look_at(path).kind == FileKind::stream) continue;
    if (options.calls.unlink(path.c_str()) == 0)
      folders.emplace(folder_of(path), path);
    else if (errno != ENOENT)
      base::fail(options.code, "cannot remove ", path,
                 ", which would stay beside new files: ", std::strerror(errno));
  }
  for (const auto& [folder, path] : folders)
    if (options.durable && !sync_folder_of(options.calls, path))
      base::fail(options.code, "cannot make durable the folder ", folder, ": ",
                 std::strerror(errno));
}

void put_second_name(const std::string& from, const std::string& to, FileCalls calls) {
  TemporaryName aside;
  const bool good =
      link_or_copy(calls, from, to, aside) && calls.rename(aside.path().c_str(), to.c_str()) == 0;
  const int reason = errno;
  calls.unlink(aside.path().c_str());
  errno = reason;
  if (!good || !sync_folder_of(calls, to)) fail_with_reason(ExitCode::checkpoint, "write", to, 0);
}

}  // namespace base
