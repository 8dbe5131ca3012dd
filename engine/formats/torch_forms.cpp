// The two forms of torch.save's files.
#include <algorithm>
#include <cstring>

#include "engine/base/error.h"
#include "engine/foreign_weights.h"
#include "engine/formats/torch_file.h"

namespace engine {
namespace {

using namespace std::string_view_literals;

constexpr uint64_t kLargestPickle = uint64_t(16) << 20;

// What may stand in the pickle of a dictionary of tensors.
constexpr std::string_view kAllowed[] = {"collections.OrderedDict"sv,
                                         "torch._utils._rebuild_tensor_v2"sv,
                                         "torch._utils._rebuild_parameter"sv,
                                         "torch.FloatStorage"sv,
                                         "torch.DoubleStorage"sv,
                                         "torch.HalfStorage"sv,
                                         "torch.BFloat16Storage"sv,
                                         "torch.LongStorage"sv,
                                         "torch.IntStorage"sv,
                                         "torch.ShortStorage"sv,
                                         "torch.CharStorage"sv,
                                         "torch.ByteStorage"sv,
                                         "torch.BoolStorage"sv};

// How to make a file that can be read, of one that holds more than tensors.
std::string where(const std::string& path) {
  return path +
         ": a file of PyTorch, but no dictionary of tensors (save model.state_dict() alone, or "
         "convert it as "
         "docs/importing.md shows): ";
}

// NAME/data.pkl, NAME/byteorder, and NAME/data/KEY for each storage.
class ZippedTorchFile : public TorchFile {
 public:
  explicit ZippedTorchFile(const std::string& path) : TorchFile(path), zip_(path) {
    const std::string folder = folder_of_pickle();
    const ZipFile::Entry& pickle = zip_.entries().at(folder + "data.pkl");
    if (pickle.bytes > kLargestPickle) damaged("data.pkl has more than 16 MiB");
    if (content(folder + "byteorder", "little") != "little")
      refuse("its numbers are big endian, expected little endian");
    std::map<std::string, Storage> storages;
    const std::string prefix = folder + "data/";
    for (const auto& [name, entry] : zip_.entries())
      if (name.starts_with(prefix))
        storages[name.substr(prefix.size())] = {entry.offset, entry.bytes};
    take(Pickle(content(folder + "data.pkl", ""), kAllowed, where(path)), storages);
  }

 private:
  std::string folder_of_pickle() const {
    for (const auto& [name, entry] : zip_.entries())
      if (name.ends_with("/data.pkl")) {
        const std::string folder = name.substr(0, name.size() - "data.pkl"sv.size());
        if (zip_.entries().contains(folder + "constants.pkl"))
          refuse("a TorchScript program: save the state_dict() of its model instead");
        return folder;
      }
    refuse(std::string("a zip archive without data.pkl, so no file of PyTorch; expected ") +
           kReadableWeights);
  }

  std::string content(const std::string& name, const std::string& absent) const {
    const auto found = zip_.entries().find(name);
    if (found == zip_.entries().end()) return absent;
    if (found->second.bytes > kLargestPickle) damaged(name + " has more than 16 MiB");
    std::string bytes(found->second.bytes, '\0');
    zip_.read(found->second, bytes.data());
    return bytes;
  }

  void read_storage(const Storage& storage, void* to) const override {
    for (const auto& [name, entry] : zip_.entries())
      if (entry.offset == storage.offset && entry.bytes == storage.bytes)
        return zip_.read(entry, to);
  }

  ZipFile zip_;
};

// Pickles of a magic number, a version, a description of the machine, the dictionary and the list
// of storages; then each storage, with its number of elements before it.
class ChainedTorchFile : public TorchFile {
 public:
  explicit ChainedTorchFile(const std::string& path)
      : TorchFile(path), file_(path, base::ExitCode::checkpoint) {
    head_.resize(std::min(file_.size(), kLargestPickle));
    file_.read_at(0, head_.data(), head_.size());
    for (int i = 0; i < 2; ++i) next();
    const Pickle machine = next(), weights = next(), keys = next();
    check(machine);
    take(weights, storages_of(weights, keys));
  }

 private:
  Pickle next() {
    Pickle pickle(std::string_view(head_).substr(at_), kAllowed, where(path_));
    at_ += pickle.bytes();
    return pickle;
  }

  void check(const Pickle& machine) const {
    const std::vector<uint32_t>& items = machine.root().items;
    for (size_t i = 0; i + 1 < items.size(); i += 2)
      if (machine.at(items[i]).words == "little_endian" && machine.at(items[i + 1]).number != 1)
        refuse("its numbers are big endian, expected little endian");
  }

  // Bytes per element of each storage that the pickle names.
  static std::map<std::string, uint64_t> elements_of(const Pickle& weights) {
    std::map<std::string, uint64_t> bytes;
    for (uint32_t i = 0; i < weights.size(); ++i)
      if (const PickleValue& v = weights.at(i);
          v.kind == PickleValue::outside && v.items.size() >= 3)
        bytes[weights.at(v.items[2]).words] = element_bytes(weights.at(v.items[1]).words);
    return bytes;
  }

  std::map<std::string, Storage> storages_of(const Pickle& weights, const Pickle& keys) const {
    const std::map<std::string, uint64_t> elements = elements_of(weights);
    std::map<std::string, Storage> storages;
    uint64_t at = at_;
    for (uint32_t item : keys.root().items) {
      const std::string& key = keys.at(item).words;
      const auto element = elements.find(key);
      uint64_t count = 0;
      if (element == elements.end() || element->second == 0 || at > file_.size() - sizeof count)
        damaged("a storage without a description");
      file_.read_at(at, &count, sizeof count);
      at += sizeof count;
      if (count > (file_.size() - at) / element->second)
        damaged("a storage lies beyond the end of the file");
      storages[key] = {at, count * element->second};
      at += count * element->second;
    }
    return storages;
  }

  void read_storage(const Storage& storage, void* to) const override {
    file_.read_at(storage.offset, to, storage.bytes);
  }

  base::InputFile file_;
  std::string head_;
  size_t at_ = 0;
};

}  // namespace

std::unique_ptr<TorchFile> TorchFile::open(const std::string& path) {
  char first = '\0';
  base::InputFile(path, base::ExitCode::checkpoint).read_at(0, &first, 1);
  if (first == 'P') return std::make_unique<ZippedTorchFile>(path);
  return std::make_unique<ChainedTorchFile>(path);
}

}  // namespace engine
