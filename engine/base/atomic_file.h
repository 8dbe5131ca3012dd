// Writes files so that there is always either the old file or the new one, whatever happens.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/temporary_name.h"

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

// A file that is being written has the name that it will have, followed by this and a number.
inline constexpr const char* kTemporaryMark = ".tmp.";

struct WriteOptions {
  ExitCode code = ExitCode::data;  // of errors
  // Whether the file survives a loss of power. This is not needed for pictures and labels, because
  // there are many of them and they can be made again.
  bool durable = true;
  FileCalls calls = FileCalls::posix();
};

// Writes to a temporary file beside `path`. commit() makes it durable and puts it in place (write,
// fsync, rename, fsync of the folder). Without commit() the temporary file is removed, and `path`
// stays as it is. A signal that asks for the end of a program removes it, too. SIGKILL and a loss
// of power leave it; nothing reads it, and it may be removed if no other program writes there. All
// functions throw Error(options.code), with path, reason and free space, if they fail.
//
// Only regular files are replaced. Pipes, character devices and names of open descriptors such as
// /dev/stdout are written in place at once. Folders, block devices and sockets are errors. A
// symbolic link to a regular file is replaced, and the file to which it leads stays.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path, WriteOptions options = {});
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  // Makes what was written durable under its temporary name, and closes the file. Nothing can be
  // written behind it, and commit() only puts the file in place.
  void make_whole();
  // If `previous` is given, the file that was at `path` gets this name after the new file is
  // durable. So one of the two is whole at every moment, even if the file at `path` was damaged and
  // only `previous` was good.
  void commit(const std::string& previous = "");

 private:
  void open_in_place();
  [[noreturn]] void fail(const char* action) const;

  std::string path_;
  TemporaryName temporary_, aside_;
  WriteOptions options_;
  int file_ = -1;
  bool in_place_ = false;
  size_t written_ = 0;
  bool committed_ = false;
};

// Removes the files at these paths, if there are any, for good also after a loss of power. Pipes
// and devices stay, because AtomicFile writes into them. Throws Error(options.code) if one cannot
// be removed.
void remove_files(const std::vector<std::string>& paths, const WriteOptions& options = {});

// Makes `to` a second name of the durable file `from`, or a copy if there are no hard links. `to`
// appears whole or not at all, and survives a loss of power. Throws Error(checkpoint), with path
// and reason, if that fails; the old `to` then stays.
void put_second_name(const std::string& from, const std::string& to,
                     FileCalls calls = FileCalls::posix());

}  // namespace base
