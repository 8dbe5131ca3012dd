// Reads zip archives whose entries are stored without compression, as PyTorch writes them.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "engine/base/input_file.h"

namespace engine {

class ZipFile {
 public:
  struct Entry {
    uint64_t offset = 0, bytes = 0;  // of the content in the file
    uint32_t checksum = 0;           // CRC-32 of the content
  };

  // Reads the directory of entries. Bounds: 65,534 entries, 64 MiB of directory, 4 GiB. Every
  // defect throws Error(checkpoint), one line with the path and what is wrong.
  explicit ZipFile(const std::string& path);

  const std::map<std::string, Entry>& entries() const { return entries_; }
  // The content of an entry. Throws Error(checkpoint) if its checksum does not match.
  void read(const Entry&, void* to) const;

  const base::InputFile& file() const { return file_; }
  [[noreturn]] void damaged(const std::string& what) const;

 private:
  std::string directory(uint64_t& count) const;
  void add_entry(std::string_view& directory);
  uint64_t content_of(uint64_t header) const;

  base::InputFile file_;
  std::map<std::string, Entry> entries_;
};

}  // namespace engine
