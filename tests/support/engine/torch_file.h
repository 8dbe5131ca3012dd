// Files as torch.save writes them, in both of its forms.
#pragma once
#include <string>
#include <vector>

#include "tests/support/engine/foreign_weights.h"

namespace tests {

// Opcodes of a pickle, one after the other.
class PickleText {
 public:
  PickleText& text(const std::string&);
  PickleText& integer(int64_t);
  PickleText& name(const std::string& module, const std::string& name);
  PickleText& integers(const std::vector<int64_t>&);  // as a tuple
  PickleText& raw(const std::string& opcodes);
  // _rebuild_tensor_v2 of a storage, as a pickle calls it.
  PickleText& tensor(const std::string& storage_class, const std::string& key, int64_t elements,
                     int64_t first, const std::vector<int64_t>& shape,
                     const std::vector<int64_t>& strides);
  std::string done() const;  // with the protocol before it and STOP behind it

 private:
  std::string bytes_;
};

std::vector<int64_t> contiguous_strides(const std::vector<int64_t>& shape);

// A state dict: {name: tensor}, each with a storage of its own, whose keys are 0, 1, 2, ...
// `wrapped` puts it into a dictionary {"state_dict": ..., "epoch": 3}.
std::string state_dict_pickle(const ForeignWeights&, bool wrapped = false);

// An archive of such entries, stored, with their checksums.
std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries);
// The archive of a pickle and its storages, as torch.save writes it.
std::string zipped_torch_file(const std::string& pickle, const std::vector<std::string>& storages);
// The form before PyTorch 1.6.
std::string chained_torch_file(const std::string& pickle, const std::vector<std::string>& storages,
                               size_t element_bytes = 4);

// The values of each tensor, in the order of their names.
std::vector<std::string> storages_of(const ForeignWeights&);

}  // namespace tests
