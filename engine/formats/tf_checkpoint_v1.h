// TensorFlow's checkpoints of form V1: a table of tensorflow.SavedTensorSlices.
#pragma once
#include <map>
#include <set>

#include "engine/formats/sorted_table.h"
#include "engine/tensor_file.h"

namespace protozero {
class pbf_reader;
}

namespace engine {

class TfCheckpointV1 : public TensorFile {
 public:
  // As open_tf_checkpoint says.
  explicit TfCheckpointV1(const std::string& path);
  void read(const StoredTensor&, void* to) const override;

 private:
  void take(std::string_view record, uint64_t offset);
  void take_list(protozero::pbf_reader list);
  void take_description(protozero::pbf_reader description);
  void take_values(protozero::pbf_reader values, std::string_view record, uint64_t offset);
  void place(StoredTensor&, std::string_view values, uint64_t offset);

  SortedTable table_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::set<size_t> partitioned_;
};

}  // namespace engine
