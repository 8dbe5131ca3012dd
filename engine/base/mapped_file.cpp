#include "engine/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/error.h"

namespace base {
namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

[[noreturn]] void fail_with_errno(const std::string& path, const char* action) {
  base::fail(base::ExitCode::data, path, ": cannot ", action, ": ", std::strerror(errno));
}

}  // namespace

MappedFile::MappedFile(const std::string& path, uint64_t max_bytes) : path_(path) {
  Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status;
  if (file.number < 0 || fstat(file.number, &status) != 0) fail_with_errno(path, "open");
  if (!S_ISREG(status.st_mode)) base::fail(base::ExitCode::data, path, ": not a regular file");
  if (static_cast<uint64_t>(status.st_size) > max_bytes)
    base::fail(base::ExitCode::data, path, ": ", status.st_size, " bytes, expected at most ",
               max_bytes);
  size_ = static_cast<size_t>(status.st_size);
  if (size_ == 0) return;  // nothing to map, and mmap refuses it
  void* address = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (address == MAP_FAILED) fail_with_errno(path, "map");
  madvise(address, size_, MADV_SEQUENTIAL);
  data_ = static_cast<const char*>(address);
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<char*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      released_(other.released_) {}

std::string MappedFile::position(size_t offset) const {
  const std::string_view before = bytes().substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return base::concatenate(path_, ": byte ", offset, ", line ", line, ": ");
}

void MappedFile::release_before(size_t offset) {
  constexpr size_t kStep = size_t{16} << 20;  // a system call per 16 MiB costs nothing
  size_t end = offset / kStep * kStep;
  if (end <= released_ || end > size_) return;
  madvise(const_cast<char*>(data_) + released_, end - released_, MADV_DONTNEED);
  released_ = end;
}

}  // namespace base
