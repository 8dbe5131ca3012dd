// Files that are either the old ones or the new ones, whatever happens while they are written.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

namespace engine {

// The system calls that writing uses. Tests replace them to inject failures and to record the
// order.
struct FileCalls {
  std::function<int(const char* path, int flags, mode_t)> open;
  std::function<ssize_t(int file, const void*, size_t)> write;
  std::function<int(int file)> fsync, close;
  std::function<int(const char*from, const char*to)> rename, link;
  std::function<int(const char* path)> unlink;
  static FileCalls posix();
};

// Writes to a temporary file beside `path`; commit() makes it durable and puts it in place: write,
// fsync, rename, fsync of the folder. Without commit() the temporary file is removed and `path` is
// untouched. Failures throw Error(checkpoint) with path, reason and free space.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path, FileCalls calls = FileCalls::posix());
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  // Keeps what was at `path` under `previous` (a hard link, made before the new file takes the
  // name).
  void commit(const std::string& previous = "");

 private:
  [[noreturn]] void fail_with_reason(const char* action) const;
  void sync_folder();

  std::string path_, temporary_;
  FileCalls calls_;
  int file_ = -1;
  size_t written_ = 0;
  bool committed_ = false;
};

}  // namespace engine
