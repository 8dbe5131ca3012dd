// Checkpoints as TensorFlow writes them, in both of its forms.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tests/support/engine/foreign_weights.h"

namespace tests {

// Keys and values of a table, in the order in which they are stored.
using TableEntries = std::vector<std::pair<std::string, std::string>>;

// A block of entries as LevelDB writes it: keys share their beginnings, with a restart every 16.
std::string table_block(const TableEntries&);
// A table file of such blocks, with checksums, index and footer. `compression` is the kind that the
// blocks claim.
std::string table_file(const std::vector<std::string>& blocks, char compression = 0);
// The same with the entries cut into blocks of about `block_bytes`.
std::string table_file(const TableEntries&, size_t block_bytes);

// Entries of the two forms. Tensors are F32, but for names that end in global_step: I64 with one
// element. For V2, `data` becomes the content of the data file.
TableEntries v1_entries(const ForeignWeights&);
TableEntries v2_entries(const ForeignWeights&, std::string& data);

// Writes FOLDER/NAME, or FOLDER/NAME.index and FOLDER/NAME.data-00000-of-00001; gives FOLDER/NAME.
std::string save_v1(const ForeignWeights&, const std::string& name = "model.ckpt");
std::string save_v2(const ForeignWeights&, const std::string& name = "model.ckpt-12500");

}  // namespace tests
