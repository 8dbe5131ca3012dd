// Files that are either the old ones or the new ones, whatever happens while they are written.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

#include "engine/base/error.h"

namespace base {

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

// What the names of files under construction contain, after the name that they will have.
inline constexpr const char* kTemporaryMark = ".tmp.";

struct WriteOptions {
  ExitCode code = ExitCode::data;  // of errors
  // Survives a loss of power. Without it a file survives the end of the program only: for pictures
  // and labels, of which there are many and which can be made again.
  bool durable = true;
  FileCalls calls = FileCalls::posix();
};

// Writes to a temporary file beside `path`; commit() makes it durable and puts it in place: write,
// fsync, rename, fsync of the folder. Without commit() the temporary file is removed and `path` is
// untouched. Failures throw Error with path, reason and free space. A process that is killed leaves
// its temporary file: whoever knows that no other program writes there removes it.
//
// What is no regular file is never replaced: pipes, character devices and names of open descriptors
// such as /dev/stdout are written in place, bytes as they come; folders, block devices and sockets
// are errors. A symbolic link to a regular file is replaced, and the file that it leads to stays.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path, WriteOptions options = {});
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  // What was at `path` becomes `previous`, after the new file is durable: at every moment one of
  // the two is whole, even when the file at `path` was damaged and `previous` the only good one.
  void commit(const std::string& previous = "");

 private:
  void open_in_place();
  [[noreturn]] void fail(const char* action) const;

  std::string path_, temporary_, aside_;
  WriteOptions options_;
  int file_ = -1;
  bool in_place_ = false;
  size_t written_ = 0;
  bool committed_ = false;
};

// `to` becomes a second name of the durable file `from` (a copy where there are no hard links),
// atomically and durably. Error(checkpoint) with path and reason; the old `to` stays then.
void put_second_name(const std::string& from, const std::string& to,
                     FileCalls calls = FileCalls::posix());

}  // namespace base
