// The protobuf messages that both forms of TensorFlow's checkpoints have in common.
#pragma once
#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

namespace engine {

// What pbf_reader::tag_and_type() gives for a field of that number, if it has the schema's type.
// A field of another type is skipped, as protobuf does.
constexpr uint32_t number_field(uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}
constexpr uint32_t bytes_field(uint32_t tag) {  // a message, a text or packed numbers
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}
constexpr uint32_t fixed32_field(uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::fixed32);
}

// The sides in a TensorShapeProto. Every side that is unknown, and every one beyond the highest
// rank that is read, is -1.
std::vector<int64_t> tf_shape(protozero::pbf_reader message);

// The dtype of safetensors for a number of tensorflow.DataType, or "DataType 7" where there is
// none.
std::string tf_dtype(int64_t number);

// Whether a TensorSliceProto is a whole tensor of that shape.
bool whole_tensor(protozero::pbf_reader message, const std::vector<int64_t>& shape);

}  // namespace engine
