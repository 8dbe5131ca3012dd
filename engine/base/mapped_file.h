// A file's bytes as memory, without reading it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

class MappedFile {
 public:
  // Maps a regular file; an error (data) when it cannot be opened or is larger than max_bytes.
  explicit MappedFile(const std::string& path, uint64_t max_bytes = UINT64_MAX);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  std::string_view bytes() const { return {data_, size_}; }
  const std::string& path() const { return path_; }
  std::string position(size_t offset) const;  // "file: byte 120, line 7: ", for messages

  // Tells the system that bytes before `offset` are not needed soon, so they do not count as memory
  // in use. They stay readable.
  void release_before(size_t offset);

 private:
  std::string path_;
  const char* data_ = nullptr;
  size_t size_ = 0;
  size_t released_ = 0;
};

}  // namespace base
