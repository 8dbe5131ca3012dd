#include "engine/formats/torch_file.h"

#include <cstring>

#include "engine/base/error.h"

namespace engine {
namespace {

constexpr int kDeepest = 8;
constexpr size_t kMostLookedAt = 1'000'000;

// How a storage's class names its dtype.
const std::map<std::string, std::string> kDtypes{
    {"torch.FloatStorage", "F32"},     {"torch.DoubleStorage", "F64"}, {"torch.HalfStorage", "F16"},
    {"torch.BFloat16Storage", "BF16"}, {"torch.LongStorage", "I64"},   {"torch.IntStorage", "I32"},
    {"torch.ShortStorage", "I16"},     {"torch.CharStorage", "I8"},    {"torch.ByteStorage", "U8"},
    {"torch.BoolStorage", "BOOL"}};

// Copies the elements of a tensor, in the order of its indices.
struct Gather {
  const std::vector<int64_t>&shape, &strides;
  const char* from;
  size_t element;
  char* to;

  void run(size_t axis, int64_t at) {
    const bool row = axis + 1 == shape.size() && strides[axis] == 1;
    if (row || axis == shape.size()) {
      const size_t bytes = element * (row ? size_t(shape[axis]) : 1);
      std::memcpy(to, from + size_t(at) * element, bytes);
      to += bytes;
      return;
    }
    for (int64_t i = 0; i < shape[axis]; ++i) run(axis + 1, at + i * strides[axis]);
  }
};

}  // namespace

bool TorchFile::begins(std::string_view head) {
  using namespace std::string_view_literals;
  return head.starts_with("PK\3\4"sv) || head == "\x80\2\x8a\x0a\x6c\xfc\x9c\x46"sv;
}

uint64_t TorchFile::element_bytes(const std::string& storage_class) {
  const auto found = kDtypes.find(storage_class);
  return found == kDtypes.end() ? 0 : bytes_per_element(found->second);
}

void TorchFile::damaged(const std::string& what) const {
  refuse("a file of PyTorch that is damaged: " + what);
}

void TorchFile::refuse(const std::string& what) const {
  base::fail(base::ExitCode::checkpoint, path_, ": ", what);
}

void TorchFile::take(const Pickle& pickle, const std::map<std::string, Storage>& storages) {
  pickle_ = &pickle;
  storages_ = &storages;
  take_value("", pickle.root(), 0);
  pickle_ = nullptr;
  storages_ = nullptr;
}

// A tensor, or a dictionary that may hold some. All other values are no weights.
void TorchFile::take_value(const std::string& name, const PickleValue& value, int depth) {
  if (++looked_at_ > kMostLookedAt || depth > kDeepest)
    damaged("too many dictionaries in each other");
  if (value.kind == PickleValue::call && value.words == "torch._utils._rebuild_parameter") {
    if (value.items.empty()) damaged("a parameter without a tensor");
    return take_value(name, pickle_->at(value.items[0]), depth + 1);
  }
  if (value.kind == PickleValue::call) return take_tensor(name, value);
  if (value.kind != PickleValue::dictionary) return;
  for (size_t i = 0; i + 1 < value.items.size(); i += 2) {
    const PickleValue& key = pickle_->at(value.items[i]);
    const std::string own = key.kind == PickleValue::text ? key.words : std::to_string(key.number);
    take_value(name.empty() ? own : name + "." + own, pickle_->at(value.items[i + 1]), depth + 1);
  }
}

std::vector<int64_t> TorchFile::integers(const PickleValue& list) const {
  if (list.kind != PickleValue::list || list.items.size() > kHighestRank)
    damaged("a shape that is no list of up to 8 numbers");
  std::vector<int64_t> numbers;
  for (uint32_t item : list.items) {
    const PickleValue& value = pickle_->at(item);
    if (value.kind != PickleValue::integer || value.number < 0)
      damaged("a shape with a side that is no count");
    numbers.push_back(value.number);
  }
  return numbers;
}

// ('storage', class, key, device, elements, perhaps None)
std::string TorchFile::dtype_of(const PickleValue& storage) const {
  if (storage.kind != PickleValue::outside || storage.items.size() < 5 ||
      pickle_->at(storage.items[0]).words != "storage")
    damaged("a tensor without a storage");
  if (storage.items.size() > 5 && pickle_->at(storage.items[5]).kind != PickleValue::nothing)
    refuse("a storage that is a part of another one, which is not read: save it anew in PyTorch");
  const auto found = kDtypes.find(pickle_->at(storage.items[1]).words);
  if (found == kDtypes.end()) damaged("a storage of an unknown class");
  return found->second;
}

// _rebuild_tensor_v2(storage, first element, shape, strides, ...)
void TorchFile::take_tensor(const std::string& name, const PickleValue& call) {
  if (call.words != "torch._utils._rebuild_tensor_v2" || call.items.size() < 4)
    damaged("'" + name + "' is no tensor");
  const PickleValue& stored = pickle_->at(call.items[0]);
  StoredTensor tensor{.name = name, .dtype = dtype_of(stored)};
  const auto storage = storages_->find(pickle_->at(stored.items[2]).words);
  if (storage == storages_->end()) damaged("the values of '" + name + "' are missing");
  Layout layout{storage->second, pickle_->at(call.items[1]).number, {}};
  tensor.shape = integers(pickle_->at(call.items[2]));
  layout.strides = integers(pickle_->at(call.items[3]));
  check_layout(tensor, layout);
  tensor.bytes = uint64_t(bytes_of_shape(tensor.shape, bytes_per_element(tensor.dtype)));
  tensor.offset = layout.storage.offset;
  if (tensors_.size() == kMostTensors)
    damaged("more than " + std::to_string(kMostTensors) + " tensors");
  tensors_.push_back(std::move(tensor));
  layouts_.push_back(std::move(layout));
}

// Every element has to lie in the storage, and the tensor may not be larger than it, as one would
// be that is repeated by a stride of 0.
void TorchFile::check_layout(const StoredTensor& tensor, const Layout& layout) const {
  const uint64_t element = bytes_per_element(tensor.dtype);
  const int64_t held = int64_t(layout.storage.bytes / element);
  const int64_t bytes = bytes_of_shape(tensor.shape, element);
  bool fits = bytes >= 0 && uint64_t(bytes) <= layout.storage.bytes && layout.first >= 0 &&
              layout.strides.size() == tensor.shape.size();
  int64_t last = layout.first;
  for (size_t i = 0; fits && bytes > 0 && i < tensor.shape.size(); ++i) {
    int64_t reach = 0;
    fits = !__builtin_mul_overflow(tensor.shape[i] - 1, layout.strides[i], &reach) &&
           !__builtin_add_overflow(last, reach, &last);
  }
  if (!fits || (bytes > 0 && last >= held))
    damaged("'" + tensor.name + "' does not fit its storage of " + std::to_string(held) +
            " elements");
}

void TorchFile::read(const StoredTensor& tensor, void* to) const {
  if (tensor.bytes == 0) return;
  const Layout& layout = layouts_[size_t(&tensor - tensors_.data())];
  std::vector<char> storage(layout.storage.bytes);
  read_storage(layout.storage, storage.data());
  Gather{tensor.shape, layout.strides, storage.data(), bytes_per_element(tensor.dtype),
         static_cast<char*>(to)}
      .run(0, layout.first);
}

}  // namespace engine
