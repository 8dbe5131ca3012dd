#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/safetensors.h"
#include "engine/safetensors_checksum.h"

namespace engine {
namespace {

std::string header_of(std::span<const TensorToStore* const> tensors,
                      const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const TensorToStore* t : tensors) {
    uint64_t bytes = bytes_per_element(t->dtype);
    for (int64_t d : t->shape) bytes *= uint64_t(d);
    header[t->name] = {
        {"dtype", t->dtype}, {"shape", t->shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the tensors start on 8 bytes, as the format asks
  return text;
}

uint64_t bytes_of(const TensorToStore& t) {
  uint64_t bytes = bytes_per_element(t.dtype);
  for (int64_t d : t.shape) bytes *= uint64_t(d);
  return bytes;
}

}  // namespace

std::string stored_dtype(kernels::DType dtype) {
  switch (dtype) {
    case kernels::DType::f32:
      return "F32";
    case kernels::DType::f16:
      return "F16";
    case kernels::DType::bf16:
      return "BF16";
    case kernels::DType::f64:
      return "F64";
    case kernels::DType::u8:
      return "U8";
    case kernels::DType::i32:
      return "I32";
  }
  return "";
}

void write_safetensors(const std::string& path, std::span<const TensorToStore> tensors,
                       std::map<std::string, std::string> metadata, const std::string& previous,
                       base::FileCalls calls) {
  std::vector<const TensorToStore*> order;
  for (const TensorToStore& t : tensors) {
    SSD_CHECK(bytes_per_element(t.dtype) > 0, "safetensors: unknown dtype ", t.dtype);
    order.push_back(&t);
  }
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->name < b->name; });

  metadata[kWriterKey] = kWriter;
  metadata[kChecksumKey] = std::string(kChecksumDigits, '0');
  std::string header = header_of(order, metadata);
  uint64_t length = header.size();
  ChecksumState sum;
  sum.add(&length, sizeof length);
  sum.add(header.data(), header.size());
  for (const TensorToStore* t : order) sum.add(t->data, bytes_of(*t));
  size_t digits = header.find(checksum_field(std::string(kChecksumDigits, '0')));
  SSD_CHECK(digits != std::string::npos, "safetensors: no room for the checksum");
  std::string field = checksum_field(sum.digits());
  header.replace(digits, field.size(), field);

  base::AtomicFile file(path, {.code = base::ExitCode::checkpoint, .calls = std::move(calls)});
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  for (const TensorToStore* t : order) file.write(t->data, bytes_of(*t));
  file.commit(previous);
}

}  // namespace engine
