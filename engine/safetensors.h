// The safetensors format: u64 header length, JSON header, tensors back to back. Files written here
// carry a checksum in their metadata; files from elsewhere are read without one.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/atomic_file.h"
#include "engine/tensor_file.h"
#include "kernels/view.h"

namespace engine {

class SafetensorsFile : public TensorFile {
 public:
  // Reads and checks header and, where there is one, the checksum: one pass over the file. Bounds:
  // header 16 MiB, 100,000 tensors, rank 8; ranges must be contiguous and end with the file. Every
  // defect throws Error(checkpoint), one line with path and what is wrong.
  explicit SafetensorsFile(const std::string& path);
  ~SafetensorsFile() override;

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool has_checksum() const;
  const StoredTensor* find(const std::string& name) const;  // null if there is none

  void read(const StoredTensor&, void* to) const override;

 private:
  void parse_header(const std::string& header, uint64_t data_start);
  void check_ranges(uint64_t data_start);
  void check_sum() const;
  void read_at(uint64_t offset, void* to, uint64_t bytes) const;
  [[noreturn]] void damaged(const std::string& what) const;

  int file_ = -1;
  uint64_t size_ = 0;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, size_t> by_name_;
};

struct TensorToStore {
  std::string name;
  std::vector<int64_t> shape;
  std::string dtype;  // as in the format
  const void* data;   // host memory
};

// The format's name for a dtype of ours.
std::string stored_dtype(kernels::DType);

// Writes the file atomically, with a checksum; the file that was there is kept as `previous` if
// that is not empty. Tensors are stored in name order.
void write_safetensors(const std::string& path, std::span<const TensorToStore>,
                       std::map<std::string, std::string> metadata,
                       const std::string& previous = "",
                       base::FileCalls calls = base::FileCalls::posix());

}  // namespace engine
