// A file of named tensors, whatever its format: safetensors, TensorFlow's checkpoints, PyTorch's.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace engine {

struct StoredTensor {
  std::string name;
  std::string dtype;  // as in safetensors: "F32", "BF16", "I64"..., or what the format calls it
  std::vector<int64_t> shape;
  uint64_t offset = 0, bytes = 0;  // in the file
  size_t part = 0;       // which of its parts holds the tensor, for formats that have some
  int64_t size() const;  // elements
};

class TensorFile {
 public:
  virtual ~TensorFile() = default;
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;

  const std::string& path() const { return path_; }
  const std::vector<StoredTensor>& tensors() const { return tensors_; }

  // The raw bytes, little endian, to `bytes` bytes at `to`.
  virtual void read(const StoredTensor&, void* to) const = 0;
  // The values, converted from F64, F32, F16 or BF16. Throws Error(checkpoint) for other types.
  std::vector<float> read_floats(const StoredTensor&) const;
  std::vector<double> read_doubles(const StoredTensor&) const;

  // No file that is read may have more tensors than this, or one of a higher rank.
  static constexpr size_t kMostTensors = 100'000, kHighestRank = 8;

 protected:
  explicit TensorFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::vector<StoredTensor> tensors_;
};

// The bytes per element of a dtype of safetensors, or 0 if it is unknown.
uint64_t bytes_per_element(const std::string& stored_dtype);

// The bytes of a tensor of this shape, or -1 if a side is negative or the product is above 2^62.
int64_t bytes_of_shape(const std::vector<int64_t>& shape, uint64_t element_bytes);

}  // namespace engine
