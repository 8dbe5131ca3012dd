#include "engine/formats/tf_checkpoint_v1.h"

#include <protozero/pbf_reader.hpp>

#include "engine/formats/tf_messages.h"

namespace engine {

using protozero::pbf_reader;

namespace {

std::string_view text(protozero::data_view view) { return {view.data(), view.size()}; }

// The field of a TensorProto that holds the values of a dtype, packed and so as in memory; 0 where
// they are stored in another way. (tensor_content, field 4, is not used by TensorFlow here.)
uint32_t values_field(const std::string& dtype) {
  return dtype == "F32" ? 5u : dtype == "F64" ? 6u : 0u;
}

}  // namespace

TfCheckpointV1::TfCheckpointV1(const std::string& path) : TensorFile(path), table_(path) {
  table_.visit(
      [&](std::string_view, std::string_view value, uint64_t offset) { take(value, offset); });
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const StoredTensor& t = tensors_[i];
    const bool empty = bytes_of_shape(t.shape, 1) == 0;
    if (values_field(t.dtype) && t.offset == 0 && !empty && !partitioned_.contains(i))
      table_.damaged("the values of '" + t.name + "' are missing");
  }
}

// SavedTensorSlices: meta = 1, in the first record; data = 2, in all others.
void TfCheckpointV1::take(std::string_view record, uint64_t offset) {
  pbf_reader message(record.data(), record.size());
  while (message.next()) switch (message.tag_and_type()) {
      case bytes_field(1):
        take_list(message.get_message());
        break;
      case bytes_field(2):
        take_values(message.get_message(), record, offset);
        break;
      default:
        message.skip();
    }
}

// SavedTensorSliceMeta: tensor = 1.
void TfCheckpointV1::take_list(pbf_reader list) {
  while (list.next(1, protozero::pbf_wire_type::length_delimited)) {
    if (tensors_.size() == kMostTensors)
      table_.damaged("more than " + std::to_string(kMostTensors) + " tensors");
    take_description(list.get_message());
  }
}

// SavedSliceMeta: name = 1, shape = 2, type = 3, slice = 4.
void TfCheckpointV1::take_description(pbf_reader description) {
  StoredTensor tensor;
  size_t slices = 0;
  while (description.next()) switch (description.tag_and_type()) {
      case bytes_field(1):
        tensor.name = description.get_string();
        break;
      case bytes_field(2):
        tensor.shape = tf_shape(description.get_message());
        break;
      case number_field(3):
        tensor.dtype = tf_dtype(description.get_int64());
        break;
      default:
        slices += description.tag() == 4;
        description.skip();
    }
  if (!by_name_.emplace(tensor.name, tensors_.size()).second)
    table_.damaged("'" + tensor.name + "' is described twice");
  if (slices > 1) partitioned_.insert(tensors_.size());
  tensors_.push_back(std::move(tensor));
}

// SavedSlice: name = 1, slice = 2, data = 3.
void TfCheckpointV1::take_values(pbf_reader values, std::string_view record, uint64_t offset) {
  std::string_view name;
  pbf_reader slice, data;
  while (values.next()) switch (values.tag_and_type()) {
      case bytes_field(1):
        name = text(values.get_view());
        break;
      case bytes_field(2):
        slice = values.get_message();
        break;
      case bytes_field(3):
        data = values.get_message();
        break;
      default:
        values.skip();
    }
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) table_.damaged("values of a tensor that is not described");
  StoredTensor& tensor = tensors_[found->second];
  const uint32_t field = values_field(tensor.dtype);
  if (field == 0 || partitioned_.contains(found->second)) return;
  if (!whole_tensor(slice, tensor.shape)) table_.damaged("'" + tensor.name + "' lacks a part");
  while (data.next())
    if (data.tag_and_type() == bytes_field(field)) {
      const std::string_view packed = text(data.get_view());
      place(tensor, packed, offset + uint64_t(packed.data() - record.data()));
    } else {
      data.skip();
    }
}

void TfCheckpointV1::place(StoredTensor& tensor, std::string_view values, uint64_t offset) {
  const int64_t expected = bytes_of_shape(tensor.shape, bytes_per_element(tensor.dtype));
  if (expected != int64_t(values.size()) || tensor.offset != 0)
    table_.damaged("'" + tensor.name + "' has " + std::to_string(values.size()) +
                   " bytes, which do not fit its shape");
  tensor.offset = offset;
  tensor.bytes = values.size();
}

void TfCheckpointV1::read(const StoredTensor& tensor, void* to) const {
  if (partitioned_.contains(size_t(&tensor - tensors_.data())))
    table_.damaged("tensor '" + tensor.name + "' is partitioned, expected whole tensors");
  table_.file().read_at(tensor.offset, to, tensor.bytes);
}

}  // namespace engine
