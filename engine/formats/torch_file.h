// Reads files of torch.save that hold dictionaries of tensors: a zip archive (since PyTorch 1.6),
// or a chain of pickles with the values behind them (before, and torchvision's downloads).
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/formats/pickle.h"
#include "engine/formats/zip_file.h"
#include "engine/tensor_file.h"

namespace engine {

class TorchFile : public TensorFile {
 public:
  // Opens a file of either form. The names of the tensors are the keys of the dictionaries, joined
  // by points: {"state_dict": {"fc.weight": t}} has "state_dict.fc.weight". Bounds: 16 MiB and a
  // million values in a pickle, 100,000 tensors, rank 8, 8 dictionaries in each other.
  //
  // The pickle is read as data (pickle.h): a class that no dictionary of tensors needs is refused
  // by name. Every defect throws Error(checkpoint), one line with the path and what is wrong.
  static std::unique_ptr<TorchFile> open(const std::string& path);

  // Whether a file begins as one of either form does; `head` are its first 8 bytes.
  static bool begins(std::string_view head);

  void read(const StoredTensor&, void* to) const override;

 protected:
  // The values of several tensors may lie in one storage.
  struct Storage {
    uint64_t offset = 0, bytes = 0;
  };

  explicit TorchFile(const std::string& path) : TensorFile(path) {}
  // Takes the tensors in a pickle. `storages` are those of the file, by key.
  void take(const Pickle&, const std::map<std::string, Storage>& storages);
  // Bytes per element of a storage of that class, such as "torch.FloatStorage"; 0 if it is unknown.
  static uint64_t element_bytes(const std::string& storage_class);
  // The bytes of a storage to `to`.
  virtual void read_storage(const Storage&, void* to) const = 0;
  [[noreturn]] void damaged(const std::string& what) const;
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  struct Layout {
    Storage storage;
    int64_t first = 0;  // element of the storage
    std::vector<int64_t> strides;
  };

  void take_value(const std::string& name, const PickleValue&, int depth);
  void take_tensor(const std::string& name, const PickleValue& call);
  std::string dtype_of(const PickleValue& storage) const;
  std::vector<int64_t> integers(const PickleValue& list) const;
  void check_layout(const StoredTensor&, const Layout&) const;

  const Pickle* pickle_ = nullptr;  // while take() runs
  const std::map<std::string, Storage>* storages_ = nullptr;
  size_t looked_at_ = 0;
  std::vector<Layout> layouts_;  // of each tensor
};

}  // namespace engine
