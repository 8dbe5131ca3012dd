// TensorFlow's checkpoints of form V2: a table of tensorflow.BundleEntryProto, and data files.
#pragma once
#include <vector>

#include "engine/formats/sorted_table.h"
#include "engine/tensor_file.h"

namespace engine {

class TfCheckpointV2 : public TensorFile {
 public:
  // Opens PREFIX.index, as open_tf_checkpoint says.
  explicit TfCheckpointV2(const std::string& index);
  void read(const StoredTensor&, void* to) const override;

 private:
  void open_data(std::string_view header);
  void take_entry(std::string_view name, std::string_view bytes);
  void place(StoredTensor&, int64_t offset, int64_t bytes) const;

  SortedTable index_;
  std::vector<base::InputFile> data_;
  std::vector<uint32_t> checksums_;  // of each tensor
  std::vector<bool> partitioned_;    // for each tensor
};

}  // namespace engine
