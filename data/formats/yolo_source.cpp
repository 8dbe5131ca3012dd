#include "data/formats/yolo_source.h"

#include <filesystem>
#include <utility>

#include "data/formats/class_names.h"
#include "data/formats/image_folder.h"
#include "data/formats/lines.h"
#include "data/formats/yolo.h"
#include "data/formats/yolo_yaml.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;
constexpr uint64_t kLargestYaml = uint64_t{1} << 20;
constexpr uint64_t kLargestList = uint64_t{256} << 20;

// The path of the data.yaml that `yolo` names. Empty if it names something else.
fs::path yaml_file(const fs::path& yolo) {
  if (yolo.extension() == ".yaml" || yolo.extension() == ".yml")
    return yolo.has_parent_path() ? yolo : "." / yolo;  // its folder has a name
  return fs::exists(yolo / "data.yaml") ? yolo / "data.yaml" : fs::path();
}

// The path with "labels" in place of the last folder that is called "images", if there is one.
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
    fail(ExitCode::data, where, ": ", base::printable(path.string(), 200), " is not below ",
         root.string());
  return {relative, labels_of(path.lexically_normal()).replace_extension(".txt")};
}

// The folder below which all images from the one of this number on lie.
std::string folder_of_all(const std::vector<YoloImage>& images, size_t first) {
  if (first == images.size()) return {};
  fs::path folder = images[first].relative.parent_path();
  for (size_t i = first; i < images.size() && !folder.empty();) {
    const fs::path below = images[i].relative.lexically_relative(folder);
    if (*below.begin() == "..")
      folder = folder.parent_path();
    else
      ++i;
  }
  return folder.generic_string();
}

// Paths in a list are relative to the folder of the data set, or to that of the list if they begin
// with "./".
void take_list(const fs::path& root, const fs::path& list, YoloFiles& out) {
  base::LoadedFile file(list.string(), kLargestList);
  const size_t first = out.images.size();
  for_lines(plain_text(file.bytes(), list.string()), [&](std::string_view line, int) {
    if (line.empty()) return;
    if (names_other_picture(fs::path(line))) {
      ++out.other_pictures[fs::path(line).extension().string()];
      return;
    }
    const fs::path base = line.starts_with("./") ? list.parent_path() : root;
    out.images.push_back(image_at(root, base / fs::path(line), list.string()));
  });
  out.layout_folders.push_back(folder_of_all(out.images, first));
}

void take_folder(const fs::path& root, const fs::path& folder, YoloFiles& out) {
  const ImageFolder found = list_images(folder.string(), true);
  for (const fs::path& relative : found.images)
    out.images.push_back(image_at(root, folder / relative, folder.string()));
  for (const auto& [ending, count] : found.others) out.other_pictures[ending] += count;
  out.layout_folders.push_back(folder.lexically_relative(root).generic_string());
  out.label_folders.push_back(labels_of(folder));
}

// Some exporters write "../train/images" although train/ lies beside data.yaml.
fs::path resolve(const fs::path& root, const std::string& text) {
  const fs::path plain = (root / text).lexically_normal();
  if (!fs::exists(plain) && text.starts_with("../"))
    return (root / text.substr(3)).lexically_normal();
  return plain;
}

// The `path` in a data.yaml is often that of another machine, or relative to another folder. The
// note is empty if there is such a folder, or no `path`.
std::pair<fs::path, std::string> root_of(const fs::path& yaml, const std::string& path) {
  const fs::path folder = yaml.parent_path(), root = folder / path;
  std::error_code unknown;
  const bool found = fs::is_directory(root, unknown);
  const fs::path taken = fs::absolute(found ? root : folder).lexically_normal();
  if (found) return {taken, ""};
  return {taken, yaml.string() + ": path: " + base::printable(path, 200) +
                     (fs::exists(root, unknown) ? " is no folder" : " does not exist") +
                     "; paths are taken from the folder of the file, " + taken.string()};
}

Dataset load_yaml(const fs::path& path, const Source& source) {
  const std::string where = path.string();
  base::LoadedFile file(where, kLargestYaml);
  const YoloYaml yaml = parse_yolo_yaml(file.bytes(), where);
  auto split = yaml.splits.find(source.split);
  if (split == yaml.splits.end())
    fail(ExitCode::data, where, ": no images for split \"", source.split, "\"");
  const auto [root, note] = root_of(path, yaml.path);
  YoloFiles files;
  files.image_folder = root.string();
  for (const std::string& text : split->second) {
    const fs::path place = resolve(root, text);
    if (!fs::exists(place))
      fail(ExitCode::data, where, ": ", source.split, ": ", base::printable(place.string(), 200),
           " does not exist");
    place.extension() == ".txt" ? take_list(root, place, files) : take_folder(root, place, files);
  }
  Dataset dataset = load_yolo(files, yaml.names, source.policy.exif);
  if (!note.empty()) dataset.notes.insert(dataset.notes.begin(), note);
  return dataset;
}

std::vector<std::string> folder_names(const Source& source) {
  if (!source.names.empty()) return read_class_names(source.names);
  const std::string found = names_beside_labels(source.yolo);
  if (!found.empty()) return read_class_names(found);
  const std::string option = source.option("names");
  fail(ExitCode::data, source.yolo, ": no data.yaml, classes.txt or obj.names: ",
       option.empty() ? "put the class names into its classes.txt, one per line"
                      : "give the file of class names with " + option);
}

}  // namespace

std::string names_beside_labels(const std::string& folder) {
  std::error_code unknown;
  for (const char* name : {"classes.txt", "obj.names"})
    if (const fs::path path = fs::path(folder) / name; fs::exists(path, unknown))
      return path.string();
  return "";
}

Dataset load_yolo(const Source& source) {
  if (const fs::path yaml = yaml_file(source.yolo); !yaml.empty()) return load_yaml(yaml, source);
  if (!fs::is_directory(source.yolo)) fail(ExitCode::data, source.yolo, ": not a folder");
  return load_yolo(source.yolo, source.images.empty() ? source.yolo : source.images,
                   folder_names(source), source.policy.exif);
}

}  // namespace data
