#include "engine/formats/tf_checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <protozero/pbf_reader.hpp>
#include <string_view>

#include "engine/base/error.h"
#include "engine/formats/sorted_table.h"
#include "engine/formats/tf_checkpoint_v1.h"
#include "engine/formats/tf_checkpoint_v2.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

// The first record of V2 begins with a number of data files, that of V1 with a message.
bool is_index(const std::string& path) {
  const SortedTable table(path);
  const std::string record = table.first_value();
  try {
    protozero::pbf_reader message(record);
    return message.next() && message.wire_type() == protozero::pbf_wire_type::varint;
  } catch (const protozero::exception&) {
    table.damaged("a first record that is cut off");
  }
}

constexpr std::string_view kMeta = ".meta", kFirstData = ".data-00000-of-00001";

bool is_part_of_data(std::string_view ending) {
  return std::ranges::equal(ending, kFirstData, [](char c, char expected) {
    return expected == '0' || expected == '1' ? c >= '0' && c <= '9' : c == expected;
  });
}

// Without ".meta" or ".data-NNNNN-of-NNNNN" at its end.
std::string prefix_of(const std::string& path) {
  const size_t rest = path.size() - std::min(path.size(), kFirstData.size());
  if (is_part_of_data(std::string_view(path).substr(rest))) return path.substr(0, rest);
  return path.ends_with(kMeta) ? path.substr(0, path.size() - kMeta.size()) : path;
}

}  // namespace

std::string tf_checkpoint_file(const std::string& path) {
  std::error_code none;
  const std::string prefix = prefix_of(path);
  if (path.empty() || (prefix == path && fs::exists(path, none))) return path;
  const std::string index = prefix + ".index";
  return fs::exists(index, none) ? index : path;
}

void expect_no_part_of_tf_checkpoint(const std::string& path) {
  std::error_code none;
  if (path.ends_with(".index") && fs::file_size(path, none) == 0)
    base::fail(base::ExitCode::checkpoint, path,
               ": the file is empty, expected the index of a TensorFlow checkpoint");
  if (path.ends_with(".index"))
    base::fail(base::ExitCode::checkpoint, path,
               ": damaged or not the index of a TensorFlow checkpoint: its end is not that of one");
  const std::string prefix = prefix_of(path);
  if (prefix != path ||
      (!fs::exists(path, none) && fs::exists(prefix + std::string(kFirstData), none)))
    base::fail(base::ExitCode::checkpoint, path, ": a TensorFlow checkpoint also has an index: '",
               prefix, ".index' is missing, put it beside the other files");
}

std::unique_ptr<TensorFile> open_tf_checkpoint(const std::string& path) {
  if (is_index(path)) return std::make_unique<TfCheckpointV2>(path);
  return std::make_unique<TfCheckpointV1>(path);
}

}  // namespace engine
