#include "engine/formats/tf_messages.h"

#include <map>

#include "engine/tensor_file.h"

namespace engine {

using protozero::pbf_reader;

namespace {

// TensorShapeProto.Dim: size = 1.
int64_t side_of(pbf_reader message) {
  int64_t size = 0;
  while (message.next())
    if (message.tag_and_type() == number_field(1))
      size = message.get_int64();
    else
      message.skip();
  return size < 0 ? -1 : size;
}

struct Extent {
  int64_t start = 0, length = -1;  // -1: the whole side
};

// TensorSliceProto.Extent: start = 1, length = 2.
Extent extent_of(pbf_reader message) {
  Extent extent;
  while (message.next()) switch (message.tag_and_type()) {
      case number_field(1):
        extent.start = message.get_int64();
        break;
      case number_field(2):
        extent.length = message.get_int64();
        break;
      default:
        message.skip();
    }
  return extent;
}

}  // namespace

// TensorShapeProto: dim = 2, unknown_rank = 3.
std::vector<int64_t> tf_shape(pbf_reader message) {
  std::vector<int64_t> shape;
  while (message.next()) switch (message.tag_and_type()) {
      case bytes_field(2):
        if (shape.size() == TensorFile::kHighestRank) return {-1};
        shape.push_back(side_of(message.get_message()));
        break;
      case number_field(3):
        if (message.get_bool()) return {-1};
        break;
      default:
        message.skip();
    }
  return shape;
}

// tensorflow/core/framework/types.proto.
std::string tf_dtype(int64_t number) {
  static const std::map<int64_t, std::string> kNames{
      {1, "F32"},   {2, "F64"},   {3, "I32"},  {4, "U8"},   {5, "I16"},  {6, "I8"},  {9, "I64"},
      {10, "BOOL"}, {14, "BF16"}, {17, "U16"}, {19, "F16"}, {22, "U32"}, {23, "U64"}};
  const auto found = kNames.find(number);
  return found == kNames.end() ? "DataType " + std::to_string(number) : found->second;
}

// TensorSliceProto: extent = 1, one for each side.
bool whole_tensor(pbf_reader message, const std::vector<int64_t>& shape) {
  size_t side = 0;
  while (message.next()) {
    if (message.tag_and_type() != bytes_field(1)) {
      message.skip();
      continue;
    }
    const Extent extent = extent_of(message.get_message());
    if (side == shape.size() || extent.start != 0) return false;
    if (extent.length >= 0 && extent.length != shape[side]) return false;
    ++side;
  }
  return true;
}

}  // namespace engine
