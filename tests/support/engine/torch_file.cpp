#include "tests/support/engine/torch_file.h"

#include "engine/base/record_crc.h"

namespace tests {
namespace {

template <class T> std::string binary(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

PickleText& PickleText::text(const std::string& words) {
  return raw("X" + binary(uint32_t(words.size())) + words);
}

PickleText& PickleText::integer(int64_t value) {
  if (value >= 0 && value < 256) return raw("K" + binary(uint8_t(value)));
  if (value >= 0 && value < 65536) return raw("M" + binary(uint16_t(value)));
  if (value == int32_t(value)) return raw("J" + binary(int32_t(value)));
  return raw("\x8a\x08" + binary(value));
}

PickleText& PickleText::name(const std::string& module, const std::string& name) {
  return raw("c" + module + "\n" + name + "\n");
}

PickleText& PickleText::integers(const std::vector<int64_t>& values) {
  raw("(");
  for (int64_t value : values) integer(value);
  return raw("t");
}

PickleText& PickleText::raw(const std::string& opcodes) {
  bytes_ += opcodes;
  return *this;
}

PickleText& PickleText::tensor(const std::string& storage_class, const std::string& key,
                               int64_t elements, int64_t first, const std::vector<int64_t>& shape,
                               const std::vector<int64_t>& strides) {
  name("torch._utils", "_rebuild_tensor_v2").raw("((").text("storage");
  name("torch", storage_class).text(key).text("cpu").integer(elements).raw("tQ");
  integer(first).integers(shape).integers(strides).raw("\x89");
  return name("collections", "OrderedDict").raw(")RtR");
}

std::string PickleText::done() const { return "\x80\x02" + bytes_ + "."; }

std::vector<int64_t> contiguous_strides(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::string state_dict_pickle(const ForeignWeights& weights, bool wrapped) {
  PickleText p;
  if (wrapped) p.raw("}q\x05(").text("epoch").integer(3).text("state_dict");
  p.name("collections", "OrderedDict").raw(std::string(")Rq\0(", 5));
  int key = 0;
  for (const auto& [name, tensor] : weights.tensors)
    p.text(name).tensor("FloatStorage", std::to_string(key++), int64_t(tensor.second.size()), 0,
                        tensor.first, contiguous_strides(tensor.first));
  p.raw("u");
  // The versions of the model's parts, which are an attribute of the dictionary.
  p.raw("}").text("_metadata").raw("}sb");
  if (wrapped) p.raw("u");
  return p.done();
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string file, directory;
  for (const auto& [name, content] : entries) {
    const std::string numbers = binary(base::crc32(content)) + binary(uint32_t(content.size())) +
                                binary(uint32_t(content.size())) + binary(uint16_t(name.size()));
    const std::string zeros(64, '\0');
    const size_t padding = (64 - (file.size() + 30 + name.size()) % 64) % 64;
    directory += "PK\1\2" + zeros.substr(0, 12) + numbers + zeros.substr(0, 12) +
                 binary(uint32_t(file.size())) + name;
    file += "PK\3\4" + zeros.substr(0, 10) + numbers + binary(uint16_t(padding)) + name +
            std::string(padding, 'Z') + content;
  }
  const auto count = uint16_t(entries.size());
  return file + directory + "PK\5\6" + std::string(4, '\0') + binary(count) + binary(count) +
         binary(uint32_t(directory.size())) + binary(uint32_t(file.size())) + std::string(2, '\0');
}

std::string zipped_torch_file(const std::string& pickle, const std::vector<std::string>& storages) {
  std::vector<std::pair<std::string, std::string>> entries{{"model/data.pkl", pickle},
                                                           {"model/byteorder", "little"}};
  for (size_t i = 0; i < storages.size(); ++i)
    entries.emplace_back("model/data/" + std::to_string(i), storages[i]);
  entries.emplace_back("model/version", "3\n");
  return zip_of(entries);
}

std::string chained_torch_file(const std::string& pickle, const std::vector<std::string>& storages,
                               size_t element_bytes) {
  PickleText machine, keys;
  machine.raw("}(").text("protocol_version").integer(1001).text("little_endian").raw("\x88u");
  keys.raw("](");
  for (size_t i = 0; i < storages.size(); ++i) keys.text(std::to_string(i));
  keys.raw("e");
  std::string file = PickleText().raw("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19").done() +
                     PickleText().integer(1001).done() + machine.done() + pickle + keys.done();
  for (const std::string& storage : storages)
    file += binary(uint64_t(storage.size() / element_bytes)) + storage;
  return file;
}

std::vector<std::string> storages_of(const ForeignWeights& weights) {
  std::vector<std::string> storages;
  for (const auto& [name, tensor] : weights.tensors)
    storages.emplace_back(reinterpret_cast<const char*>(tensor.second.data()),
                          tensor.second.size() * sizeof(float));
  return storages;
}

}  // namespace tests
