#include "engine/base/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/file_kind.h"
#include "engine/base/start_folder.h"

namespace base {

// Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
InputFile::InputFile(const std::filesystem::path& path, ExitCode code)
    : path_(path.string()),
      code_(code),
      file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
  struct stat status;
  if (file_ < 0 || ::fstat(file_, &status) != 0) {
    const int reason = errno;
    if (file_ >= 0) ::close(file_);
    if (path_ == "-") fail(code_, "-: standard input is not read, give the name of a file");
    // If the file's folder is there, the program was started in the right one.
    const std::string folder = path.parent_path().string();
    const bool no_folder = folder.empty() || leads_to_nothing(folder);
    fail(code_, path_, ": cannot open: ", std::strerror(reason),
         no_folder ? start_folder_in_words(path_) : "");
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(file_);
    fail(code_, path_, ": not a regular file but ", kind_in_words(status.st_mode));
  }
  size_ = uint64_t(status.st_size);
}

InputFile::~InputFile() {
  if (file_ >= 0) ::close(file_);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      code_(other.code_),
      file_(std::exchange(other.file_, -1)),
      size_(other.size_) {}

void InputFile::read_at(uint64_t offset, void* data, size_t bytes) const {
  constexpr size_t kLargestRead = size_t(1) << 30;
  auto next = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::pread(file_, next, std::min(bytes, kLargestRead), off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(code_, path_, ": cannot read: ", std::strerror(errno));
    if (n == 0)
      fail(code_, path_, ": ends at byte ", offset, ", expected ", size_,
           " bytes: it became shorter while it was read");
    next += n;
    offset += uint64_t(n);
    bytes -= size_t(n);
  }
}

}  // namespace base
