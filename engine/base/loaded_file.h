// A file's bytes in memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace base {

// Read, not mapped: a mapped file that another program shortens would end ours with SIGBUS.
class LoadedFile {
 public:
  // Reads a regular file. Error(data): it cannot be opened, is larger than max_bytes, or becomes
  // shorter meanwhile.
  explicit LoadedFile(const std::string& path, uint64_t max_bytes = UINT64_MAX);

  std::string_view bytes() const { return {data_.get(), size_}; }
  const std::string& path() const { return path_; }
  // "file: byte 120, line 7: ", for messages. Offsets that grow are found in one pass over the
  // file.
  std::string position(size_t offset);

 private:
  std::string path_;
  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
  size_t counted_ = 0, lines_ = 1;  // the line at that offset
};

}  // namespace base
