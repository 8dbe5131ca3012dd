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

// Of a name that is as long as names may be, the end gives way to a hash.
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
  const fs::space_info space = fs::space(folder_of(path), unknown);
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

// False, with errno, when the folder's names may be lost with the power.
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

// Makes the temporary file of the path `to` one with the content of `from`.
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
  const bool link = fs::is_symlink(path_, unknown);  // to nothing, as it may be here
  if (there.kind == FileKind::folder || (there.kind == FileKind::other && !link))
    base::fail(options_.code, "cannot write ", path_, ": it is ", there.words);
  file_ = make_temporary(options_.calls, temporary_, temporary_of(path_));
  if (file_ < 0) fail("create");
}

// A duplicate of an open descriptor goes on where the descriptor stands.
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

// The second unlink finds nothing as a rule. But rename() does nothing when both names are one
// file already.
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
