// A regular file that is read in parts.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace base {

class RegularFile {
 public:
  // Opens without waiting, also a named pipe. Error(data): absent, unreadable, or no regular file.
  explicit RegularFile(const std::filesystem::path&);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;

  uint64_t size() const { return size_; }
  // `count` bytes from `offset` on; fewer where the file ends. Error(data): cannot be read.
  std::vector<uint8_t> read(uint64_t offset, size_t count) const;

 private:
  std::string path_;
  int descriptor_;
  uint64_t size_ = 0;
};

}  // namespace base
