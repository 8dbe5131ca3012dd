#include "engine/base/file_part.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/error.h"

namespace base {

RegularFile::RegularFile(const std::filesystem::path& path)
    : path_(path.string()), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) fail(ExitCode::data, path_, ": cannot open: ", strerror(errno));
  struct stat status;
  const bool known = fstat(descriptor_, &status) == 0;
  if (known && S_ISREG(status.st_mode)) {
    size_ = uint64_t(status.st_size);
    return;
  }
  const int error = errno;
  close(descriptor_);
  if (known) fail(ExitCode::data, path_, ": not a regular file");
  fail(ExitCode::data, path_, ": cannot read: ", strerror(error));
}

RegularFile::~RegularFile() { close(descriptor_); }

std::vector<uint8_t> RegularFile::read(uint64_t offset, size_t count) const {
  if (offset >= size_) return {};
  std::vector<uint8_t> bytes(size_t(std::min<uint64_t>(count, size_ - offset)));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        pread(descriptor_, bytes.data() + done, bytes.size() - done, off_t(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(ExitCode::data, path_, ": cannot read: ", strerror(errno));
    if (n == 0) break;  // became shorter since it was opened
    done += size_t(n);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace base
