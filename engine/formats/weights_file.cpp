#include "engine/formats/weights_file.h"

#include <algorithm>
#include <filesystem>

#include "engine/base/error.h"
#include "engine/base/input_file.h"
#include "engine/foreign_weights.h"
#include "engine/formats/sorted_table.h"
#include "engine/formats/tf_checkpoint.h"
#include "engine/formats/torch_file.h"
#include "engine/safetensors.h"

namespace engine {
namespace {

struct Ends {
  std::string head, tail;  // the first and the last 8 bytes
};

Ends ends_of(const std::string& path) {
  const base::InputFile file(path, base::ExitCode::checkpoint);
  const size_t bytes = std::min<uint64_t>(8, file.size());
  Ends ends{std::string(bytes, '\0'), std::string(bytes, '\0')};
  file.read_at(0, ends.head.data(), bytes);
  file.read_at(file.size() - bytes, ends.tail.data(), bytes);
  return ends;
}

}  // namespace

std::string weights_file(const std::string& path) { return tf_checkpoint_file(path); }

std::unique_ptr<TensorFile> open_weights(const std::string& path) {
  const std::string file = weights_file(path);
  std::error_code none;
  if (!std::filesystem::exists(file, none)) expect_no_part_of_tf_checkpoint(file);
  const auto [head, tail] = ends_of(file);
  if (SortedTable::ends(tail)) return open_tf_checkpoint(file);
  expect_no_part_of_tf_checkpoint(file);
  if (TorchFile::begins(head)) return TorchFile::open(file);
  if (const ForeignWeights foreign = foreign_weights(file); !foreign.what.empty())
    base::fail(base::ExitCode::checkpoint, path, ": ", foreign.in_words(kReadableWeights));
  return std::make_unique<SafetensorsFile>(file);
}

}  // namespace engine
