// The bytes of a file in memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace base {

// "300000 bytes, expected at most 262144 bytes (256 KiB); ...", with what to do.
std::string too_large_in_words(uint64_t bytes, uint64_t most);

// The file is read and not mapped: if another program made a mapped file shorter, ours would end
// with SIGBUS.
class LoadedFile {
 public:
  // Reads a regular file. Throws Error(data) if it cannot be opened, has more than max_bytes, or
  // becomes shorter meanwhile.
  explicit LoadedFile(const std::string& path, uint64_t max_bytes = UINT64_MAX);

  std::string_view bytes() const { return {data_.get(), size_}; }
  const std::string& path() const { return path_; }
  // The position of an offset for messages: "file: byte 120, line 7: ". If calls have growing
  // offsets, all of them together take one pass over the file.
  std::string position(size_t offset);

 private:
  std::string path_;
  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
  size_t counted_ = 0, lines_ = 1;  // an offset, and its line
};

}  // namespace base
