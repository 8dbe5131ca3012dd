#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/fuzz/target.h"

namespace fuzz {

MemoryFile::MemoryFile()
    : file_(memfd_create("fuzz", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(file_)) {
  if (file_ < 0) throw std::runtime_error("memfd_create failed");
}

MemoryFile::~MemoryFile() { close(file_); }

const std::string& MemoryFile::hold(std::string_view bytes) {
  if (ftruncate(file_, 0) != 0 ||
      pwrite(file_, bytes.data(), bytes.size(), 0) != ssize_t(bytes.size()))
    throw std::runtime_error("a file in memory cannot be written");
  return path_;
}

std::string MemoryFile::link(const std::string& name) const {
  std::filesystem::create_symlink(path_, name);
  return name;
}

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace fuzz
