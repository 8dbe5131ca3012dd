#include "engine/formats/tf_checkpoint_v2.h"

#include <fmt/format.h>

#include <climits>
#include <map>
#include <protozero/pbf_reader.hpp>

#include "engine/base/record_crc.h"
#include "engine/formats/tf_messages.h"

namespace engine {

using protozero::pbf_reader;

namespace {

constexpr int64_t kMostDataFiles = 64, kMostBytes = INT_MAX;  // what crc32c() takes
constexpr std::string_view kIndex = ".index";

}  // namespace

TfCheckpointV2::TfCheckpointV2(const std::string& index) : TensorFile(index), index_(index) {
  index_.visit([&](std::string_view key, std::string_view value, uint64_t) {
    key.empty() ? open_data(value) : take_entry(key, value);
  });
}

// BundleHeaderProto: num_shards = 1, endianness = 2.
void TfCheckpointV2::open_data(std::string_view header) {
  int64_t shards = 0, endianness = 0;
  pbf_reader message(header.data(), header.size());
  while (message.next()) switch (message.tag_and_type()) {
      case number_field(1):
        shards = message.get_int64();
        break;
      case number_field(2):
        endianness = message.get_int64();
        break;
      default:
        message.skip();
    }
  if (endianness != 0) index_.damaged("its numbers are big endian, expected little endian");
  if (shards < 1 || shards > kMostDataFiles || !data_.empty())
    index_.damaged(fmt::format("{} data files, expected 1 to {}", shards, kMostDataFiles));
  if (!path_.ends_with(kIndex)) index_.damaged("the name of its index does not end in .index");
  const std::string prefix = path_.substr(0, path_.size() - kIndex.size());
  for (int64_t i = 0; i < shards; ++i)
    data_.emplace_back(fmt::format("{}.data-{:05}-of-{:05}", prefix, i, shards),
                       base::ExitCode::checkpoint);
}

namespace {

struct Entry {
  int64_t dtype = 0, part = 0, offset = 0, bytes = 0;
  std::vector<int64_t> shape;
  uint32_t checksum = 0;
  bool partitioned = false;
};

// BundleEntryProto: dtype = 1, shape = 2, shard_id = 3, offset = 4, size = 5, crc32c = 6,
// slices = 7.
Entry parsed(pbf_reader message) {
  Entry entry;
  const std::map<uint32_t, int64_t*> numbers{{number_field(1), &entry.dtype},
                                             {number_field(3), &entry.part},
                                             {number_field(4), &entry.offset},
                                             {number_field(5), &entry.bytes}};
  while (message.next()) {
    const uint32_t field = message.tag_and_type();
    if (const auto number = numbers.find(field); number != numbers.end()) {
      *number->second = message.get_int64();
    } else if (field == bytes_field(2)) {
      entry.shape = tf_shape(message.get_message());
    } else if (field == fixed32_field(6)) {
      entry.checksum = message.get_fixed32();
    } else {
      entry.partitioned |= message.tag() == 7;
      message.skip();
    }
  }
  return entry;
}

}  // namespace

void TfCheckpointV2::take_entry(std::string_view name, std::string_view bytes) {
  Entry entry = parsed(pbf_reader(bytes.data(), bytes.size()));
  StoredTensor tensor{
      .name = std::string(name), .dtype = tf_dtype(entry.dtype), .shape = std::move(entry.shape)};
  if (entry.part < 0 || entry.part >= int64_t(data_.size()))
    index_.damaged(fmt::format("'{}' is in data file {} of {}", name, entry.part, data_.size()));
  if (tensors_.size() == kMostTensors)
    index_.damaged(fmt::format("more than {} tensors", kMostTensors));
  tensor.part = size_t(entry.part);
  if (!entry.partitioned && bytes_per_element(tensor.dtype) > 0)
    place(tensor, entry.offset, entry.bytes);
  tensors_.push_back(std::move(tensor));
  checksums_.push_back(entry.checksum);
  partitioned_.push_back(entry.partitioned);
}

void TfCheckpointV2::place(StoredTensor& tensor, int64_t offset, int64_t bytes) const {
  const base::InputFile& file = data_[tensor.part];
  const int64_t expected = bytes_of_shape(tensor.shape, bytes_per_element(tensor.dtype));
  if (bytes < 0 || bytes != expected || bytes > kMostBytes)
    index_.damaged(
        fmt::format("'{}' has {} bytes, which do not fit its shape", tensor.name, bytes));
  if (offset < 0 || uint64_t(offset) > file.size() ||
      uint64_t(bytes) > file.size() - uint64_t(offset))
    index_.damaged(fmt::format("'{}' lies beyond the end of {}, which has {} bytes", tensor.name,
                               file.path(), file.size()));
  tensor.offset = uint64_t(offset);
  tensor.bytes = uint64_t(bytes);
}

void TfCheckpointV2::read(const StoredTensor& tensor, void* to) const {
  const size_t number = size_t(&tensor - tensors_.data());
  if (partitioned_[number])
    index_.damaged("tensor '" + tensor.name + "' is partitioned, expected whole tensors");
  data_[tensor.part].read_at(tensor.offset, to, tensor.bytes);
  if (base::record_crc({static_cast<const char*>(to), tensor.bytes}) != checksums_[number])
    base::fail(base::ExitCode::checkpoint, data_[tensor.part].path(),
               ": damaged TensorFlow checkpoint: the checksum of '", tensor.name,
               "' does not match");
}

}  // namespace engine
