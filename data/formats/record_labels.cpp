#include "data/formats/record_labels.h"

#include <filesystem>
#include <optional>

#include "data/formats/tf_dataset.h"
#include "engine/base/error.h"

namespace data {
namespace {

// The place of the label map beside a shard: a/b.label_map.pbtxt for a/b.record-00000-of-00001.
// Empty for a shard of another name.
std::string place_beside(const std::string& shard) {
  const std::filesystem::path path = shard;
  const std::string name = path.filename().string();
  const size_t mark = name.rfind(kRecordEnding);
  if (mark == name.npos) return "";
  return (path.parent_path() / (name.substr(0, mark) + kLabelMapEnding)).string();
}

// The file there, or empty if there is none.
std::string map_beside(const std::string& shard) {
  const std::string map = place_beside(shard);
  std::error_code unknown;
  return std::filesystem::is_regular_file(map, unknown) ? map : "";
}

bool equal_maps(const LabelMap& a, const LabelMap& b) {
  return label_map_text(a.categories()) == label_map_text(b.categories());
}

// The one map that lies beside all shards, or empty if there is none.
std::string found_beside(const std::vector<std::string>& shards, const std::string& option) {
  std::set<std::string> files;
  for (const std::string& shard : shards) files.insert(map_beside(shard));
  const std::string first = files.empty() ? "" : *files.begin();
  std::optional<LabelMap> map;
  if (files.size() > 1 && !first.empty()) map = load_label_map(first);
  for (const std::string& file : files)
    if (file != first && (!map || !equal_maps(*map, load_label_map(file))))
      base::fail(base::ExitCode::data, file, ": the label maps beside the shards differ",
                 first.empty() ? ", and some shards have none" : " (" + first + ")", ": ",
                 label_map_advice(option, shards));
  return first;
}

}  // namespace

std::set<std::string> label_maps_beside(const std::vector<std::string>& shards) {
  std::set<std::string> files;
  for (const std::string& shard : shards)
    if (std::string file = map_beside(shard); !file.empty()) files.insert(std::move(file));
  return files;
}

std::string label_map_advice(const std::string& option, const std::vector<std::string>& shards) {
  if (!option.empty()) return "give the right one with " + option;
  std::string place = shards.empty() ? "" : place_beside(shards[0]);
  if (place.empty())
    place = std::string("NAME") + kLabelMapEnding + ", and name them NAME.record-...";
  return "put the right one beside the shards, as " + place;
}

RecordLabels find_record_labels(const std::string& label_map,
                                const std::vector<std::string>& shards, const std::string& option) {
  if (label_map == "coco") return {coco_label_map(), true, "", ""};
  if (!label_map.empty()) return {load_label_map(label_map), true, "", label_map};
  if (const std::string file = found_beside(shards, option); !file.empty())
    return {load_label_map(file), true, "the classes are those of " + file, file};
  return {coco_label_map(), false,
          (shards.empty() ? "" : shards[0] + ": ") +
              "no label map is given, so the classes are COCO's 80; if they are others, " +
              label_map_advice(option, shards),
          ""};
}

}  // namespace data
