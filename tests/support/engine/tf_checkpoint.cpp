#include "tests/support/engine/tf_checkpoint.h"

#include <algorithm>
#include <cstring>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>

#include "engine/base/record_crc.h"
#include "engine/base/write_file.h"

namespace tests {
namespace {

using protozero::pbf_writer;

constexpr int kFloat = 1, kInt64 = 9;  // tensorflow.DataType

void append_fixed32(std::string& to, uint32_t value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_varint(std::string& to, uint64_t value) {
  protozero::write_varint(std::back_inserter(to), value);
}

bool is_counter(const std::string& name) { return name.ends_with("global_step"); }

void add_shape(pbf_writer& to, uint32_t tag, const std::vector<int64_t>& shape) {
  std::string message;
  pbf_writer writer(message);
  for (int64_t side : shape) {
    pbf_writer dim(writer, 2);
    dim.add_int64(1, side);
  }
  to.add_message(tag, message);
}

// A TensorSliceProto of a whole tensor: an empty extent for each side.
std::string whole_slice(size_t rank) {
  std::string message;
  pbf_writer writer(message);
  for (size_t i = 0; i < rank; ++i) writer.add_message(1, std::string());
  return message;
}

std::string bytes_of(const std::vector<float>& values, bool counter) {
  if (counter) {
    const int64_t step = int64_t(values.at(0));
    return {reinterpret_cast<const char*>(&step), sizeof step};
  }
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::string tensor_proto(const std::vector<float>& values, bool counter) {
  std::string message;
  pbf_writer writer(message);
  writer.add_enum(1, counter ? kInt64 : kFloat);
  if (counter)
    writer.add_int64(10, int64_t(values.at(0)));
  else
    writer.add_packed_float(5, values.begin(), values.end());
  return message;
}

}  // namespace

std::string table_block(const TableEntries& entries) {
  constexpr size_t kInterval = 16;
  std::string block, restarts, before;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [key, value] = entries[i];
    size_t shared = 0;
    if (i % kInterval == 0)
      append_fixed32(restarts, uint32_t(block.size()));
    else
      while (shared < std::min(before.size(), key.size()) && before[shared] == key[shared])
        ++shared;
    append_varint(block, shared);
    append_varint(block, key.size() - shared);
    append_varint(block, value.size());
    block += key.substr(shared) + value;
    before = key;
  }
  if (restarts.empty()) append_fixed32(restarts, 0);
  block += restarts;
  append_fixed32(block, uint32_t(restarts.size() / 4));
  return block;
}

std::string table_file(const std::vector<std::string>& blocks, char compression) {
  std::string file;
  TableEntries index;
  auto add = [&](std::string block) {
    std::string handle;
    append_varint(handle, file.size());
    append_varint(handle, block.size());
    block += compression;
    append_fixed32(block, base::record_crc(block));
    file += block;
    return handle;
  };
  for (size_t i = 0; i < blocks.size(); ++i)
    index.emplace_back(std::string(1 + i, '\x7f'), add(blocks[i]));
  std::string footer = add(table_block({}));
  footer += add(table_block(index));
  footer.resize(40);
  return file + footer + std::string("\x57\xfb\x80\x8b\x24\x75\x47\xdb", 8);
}

std::string table_file(const TableEntries& entries, size_t block_bytes) {
  std::vector<std::string> blocks;
  TableEntries block;
  size_t bytes = 0;
  for (const auto& entry : entries) {
    block.push_back(entry);
    bytes += entry.first.size() + entry.second.size();
    if (bytes < block_bytes) continue;
    blocks.push_back(table_block(block));
    block.clear(), bytes = 0;
  }
  if (!block.empty()) blocks.push_back(table_block(block));
  return table_file(blocks);
}

TableEntries v1_entries(const ForeignWeights& weights) {
  std::string list;
  TableEntries entries{{"", ""}};
  for (const auto& [name, tensor] : weights.tensors) {
    const auto& [shape, values] = tensor;
    pbf_writer description_writer(list);
    pbf_writer description(description_writer, 1);
    description.add_string(1, name);
    add_shape(description, 2, shape);
    description.add_enum(3, is_counter(name) ? kInt64 : kFloat);
    description.add_message(4, whole_slice(shape.size()));
    std::string record;
    {
      pbf_writer writer(record);
      pbf_writer slice(writer, 2);
      slice.add_string(1, name);
      slice.add_message(2, whole_slice(shape.size()));
      slice.add_message(3, tensor_proto(values, is_counter(name)));
    }
    entries.emplace_back(std::string("\0\1", 2) + name, record);
  }
  pbf_writer(entries[0].second).add_message(1, list);
  return entries;
}

TableEntries v2_entries(const ForeignWeights& weights, std::string& data) {
  std::string header;
  pbf_writer header_writer(header);
  header_writer.add_int32(1, 1);
  header_writer.add_message(3, std::string("\x08\x01", 2));
  TableEntries entries{{"", header}};
  for (const auto& [name, tensor] : weights.tensors) {
    const std::string bytes = bytes_of(tensor.second, is_counter(name));
    std::string entry;
    pbf_writer writer(entry);
    writer.add_enum(1, is_counter(name) ? kInt64 : kFloat);
    add_shape(writer, 2, tensor.first);
    if (!data.empty()) writer.add_int64(4, int64_t(data.size()));
    writer.add_int64(5, int64_t(bytes.size()));
    writer.add_fixed32(6, base::record_crc(bytes));
    entries.emplace_back(name, entry);
    data += bytes;
  }
  return entries;
}

std::string save_v1(const ForeignWeights& weights, const std::string& name) {
  const std::string path = (weights.folder.path() / name).string();
  base::write_file(path, table_file(v1_entries(weights), 5000));
  return path;
}

std::string save_v2(const ForeignWeights& weights, const std::string& name) {
  const std::string path = (weights.folder.path() / name).string();
  std::string data;
  base::write_file(path + ".index", table_file(v2_entries(weights, data), 900));
  base::write_file(path + ".data-00000-of-00001", data);
  return path;
}

}  // namespace tests
