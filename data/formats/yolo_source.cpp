#include "data/formats/yolo_source.h"

#include <filesystem>

#include "data/formats/lines.h"
#include "data/formats/yolo.h"
#include "data/formats/yolo_yaml.h"
#include "engine/base/error.h"
#include "engine/base/mapped_file.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;
constexpr uint64_t kLargestYaml = uint64_t{1} << 20;
constexpr uint64_t kLargestList = uint64_t{256} << 20;

// The file's path if `yolo` means a data.yaml, else empty.
fs::path yaml_file(const fs::path& yolo) {
  if (yolo.extension() == ".yaml" || yolo.extension() == ".yml")
    return yolo.has_parent_path() ? yolo : "." / yolo;  // its folder has a name
  return fs::exists(yolo / "data.yaml") ? yolo / "data.yaml" : fs::path();
}

// With the last folder called "images" renamed to "labels", or unchanged.
fs::path labels_of(const fs::path& images) {
  std::vector<fs::path> parts(images.begin(), images.end());
  for (size_t i = parts.size(); i-- > 0;)
    if (parts[i] == "images") {
      parts[i] = "labels";
      break;
    }
  fs::path out;
  for (const fs::path& part : parts) out /= part;
  return out;
}

YoloImage image_at(const fs::path& root, const fs::path& path, const std::string& where) {
  const fs::path relative = path.lexically_normal().lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..")
    fail(ExitCode::data, where, ": ", path.string(), " is not below ", root.string());
  return {relative, labels_of(path.lexically_normal()).replace_extension(".txt")};
}

// The paths of a list are relative to the data set's root, or with a "./" to the list's folder.
void take_list(const fs::path& root, const fs::path& list, std::vector<YoloImage>& out) {
  base::MappedFile file(list.string(), kLargestList);
  for_lines(file.bytes(), [&](std::string_view line, int) {
    if (line.empty()) return;
    const fs::path base = line.starts_with("./") ? list.parent_path() : root;
    out.push_back(image_at(root, base / fs::path(line), list.string()));
  });
}

// "../train/images" is written by exporters whose train/ lies beside data.yaml.
fs::path resolve(const fs::path& root, const std::string& text) {
  const fs::path plain = (root / text).lexically_normal();
  if (!fs::exists(plain) && text.starts_with("../"))
    return (root / text.substr(3)).lexically_normal();
  return plain;
}

std::vector<YoloImage> images_of(const fs::path& root, const std::vector<std::string>& places) {
  std::vector<YoloImage> images;
  for (const std::string& text : places) {
    const fs::path place = resolve(root, text);
    if (place.extension() == ".txt") {
      take_list(root, place, images);
    } else {
      for (const fs::path& relative : images_below(place.string()))
        images.push_back(image_at(root, place / relative, place.string()));
    }
  }
  return images;
}

Dataset load_yaml(const fs::path& path, const Source& source) {
  const std::string where = path.string();
  base::MappedFile file(where, kLargestYaml);
  const YoloYaml yaml = parse_yolo_yaml(file.bytes(), where);
  auto split = yaml.splits.find(source.split);
  if (split == yaml.splits.end())
    fail(ExitCode::data, where, ": no images for split \"", source.split, "\"");
  const fs::path root = fs::absolute(path.parent_path() / yaml.path).lexically_normal();
  return load_yolo(root.string(), images_of(root, split->second), yaml.names);
}

std::vector<std::string> folder_names(const Source& source) {
  if (!source.names.empty()) return read_class_names(source.names);
  for (const char* name : {"classes.txt", "obj.names"})
    if (fs::exists(fs::path(source.yolo) / name))
      return read_class_names((fs::path(source.yolo) / name).string());
  fail(ExitCode::data, source.yolo,
       ": no data.yaml, classes.txt or obj.names: give the file of class names as `names`");
}

}  // namespace

Dataset load_yolo(const Source& source) {
  if (const fs::path yaml = yaml_file(source.yolo); !yaml.empty()) return load_yaml(yaml, source);
  if (!fs::is_directory(source.yolo)) fail(ExitCode::data, source.yolo, ": not a folder");
  return load_yolo(source.yolo, source.images.empty() ? source.yolo : source.images,
                   folder_names(source));
}

}  // namespace data
