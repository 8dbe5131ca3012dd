// Reads the table files of TensorFlow, which are those of LevelDB under another magic number
// (tensorflow/core/lib/io/format.h): blocks of sorted keys and values, and an index of the blocks.
// Both forms of its checkpoints are such tables.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/input_file.h"

namespace engine {

class SortedTable {
 public:
  // Whether the last bytes of a file are those of a table; `tail` are its last 8.
  static bool ends(std::string_view tail);

  // Reads and checks the footer and the index of blocks. Every defect throws Error(checkpoint), one
  // line with the path and what is wrong.
  explicit SortedTable(const std::string& path);

  // Calls take(key, value, offset of the value in the file) for every entry, in the order of keys.
  // Only one block is in memory at a time. The checksum of each block is checked first, so one
  // visit is a check of the whole table.
  using Take = std::function<void(std::string_view key, std::string_view value, uint64_t offset)>;
  void visit(const Take&) const;
  // The value of the first entry. Its key is empty in every table of a checkpoint.
  std::string first_value() const;

  const base::InputFile& file() const { return file_; }
  [[noreturn]] void damaged(const std::string& what) const;

 private:
  struct Block {
    uint64_t offset = 0, size = 0;
  };
  Block block_handle(std::string_view& bytes) const;
  std::string load(const Block&) const;
  void visit_until(const Take&, size_t count) const;
  void visit_block(std::string_view content, const Take&) const;

  base::InputFile file_;
  std::vector<Block> blocks_;
};

}  // namespace engine
