// Opens files for reading. Only regular files are accepted, so a program never waits for input.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/base/error.h"

namespace base {

// An open regular file. Throws Error(code) if the file cannot be opened or read, or if it is a
// pipe, a folder or a device, which may never end.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path, ExitCode code = ExitCode::data);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }  // at the time when it was opened
  // Reads all of these bytes. Throws Error(code) if the file has become shorter and ends before
  // them.
  void read_at(uint64_t offset, void* data, size_t bytes) const;

 private:
  std::string path_;
  ExitCode code_;
  int file_ = -1;
  uint64_t size_ = 0;
};

}  // namespace base
