#include "data/formats/yolo_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "data/formats/lines.h"
#include "data/formats/yolo.h"
#include "data/formats/yolo/yolo_names.h"
#include "data/formats/yolo_yaml.h"
#include "data/image_folder.h"
#include "data/similar_file.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/permitted.h"
#include "engine/base/start_folder.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;
constexpr uint64_t kLargestList = uint64_t{256} << 20;

// The path of the data.yaml that `yolo` names. Empty if it names something else.
fs::path yaml_file(const fs::path& yolo) {
  if (yolo.extension() == ".yaml" || yolo.extension() == ".yml")
    return yolo.has_parent_path() ? yolo : "." / yolo;  // its folder has a name
  base::require_permitted(yolo);
  for (const char* name : {"data.yaml", "data.yml", "dataset.yaml", "dataset.yml"})
    if (std::error_code unknown; fs::exists(yolo / name, unknown)) return yolo / name;
  return {};
}

// Windows writes paths with \, which is a letter of names elsewhere.
std::string windows_in_words(std::string_view path) {
  if (path.find('\\') == path.npos) return "";
  return "`" + base::printable_path(std::string(path)) +
         "` is a path of Windows: write / in place of \\, and no drive; ";
}

// The path with / in place of \, if there is no file without that.
std::string slashed(const fs::path& folder, const std::string& path) {
  if (path.find('\\') == path.npos) return path;
  std::string other = path;
  std::ranges::replace(other, '\\', '/');
  std::error_code unknown;
  return fs::exists(folder / path, unknown) ? path : other;
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
    fail(ExitCode::data, where, ": ", base::printable_path(path.string()), " is not below ",
         base::printable_path(root.string()),
         ", the folder of the data set; set `path` in data.yaml to a folder above all images");
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

// Lines of a list that name images which are not there, the same image again, or a picture of a
// format that is not read.
struct OddLines {
  int64_t missing = 0, again = 0, others = 0;
  std::string first_missing, first_again;
};

void refuse_missing(const OddLines& odd, const fs::path& list, size_t found) {
  if (odd.missing > 0)
    fail(ExitCode::data, odd.first_missing,
         odd.missing > 1 ? fmt::format("; so it is with {} of the {} images of {}", odd.missing,
                                       odd.missing + int64_t(found), list.string())
                         : "");
}

// Finds what is meant by lines whose images are not there.
class ListedImages {
 public:
  explicit ListedImages(const fs::path& root) : root_(root), below_(root) {}

  // What to do about a line. All folders are looked through, once.
  std::string cure_of(const fs::path& image) {
    std::string there = similar_.find(root_, image.generic_string());
    if (there.empty()) there = below_.find(image.filename().string());
    if (there.empty()) return "remove the line, or add the image";
    return "lines are relative to " + base::printable_path(root_.string()) + ", which has " +
           base::printable_path(there) + ": write that path";
  }

 private:
  const fs::path root_;
  SimilarFiles similar_;
  FilesBelow below_;
};

// Paths in a list are relative to the folder of the data set, or to that of the list if they begin
// with "./".
void take_list(const fs::path& root, const fs::path& list, YoloFiles& out, Problems* problems) {
  base::LoadedFile file(list.string(), kLargestList);
  const size_t first = out.images.size();
  OddLines odd;
  std::set<fs::path> seen;
  ListedImages images(root);
  for_lines(plain_text(file.bytes(), list.string()), [&](std::string_view line, int number) {
    if (line.empty()) return;
    if (names_other_picture(fs::path(line))) {
      ++odd.others;
      ++out.other_pictures[fs::path(line).extension().string()];
      return;
    }
    const bool beside = line.starts_with("./") || line.starts_with(".\\");
    const fs::path base = beside ? list.parent_path() : root;
    const std::string where = fmt::format("{}:{}", list.string(), number);
    const YoloImage image = image_at(root, base / slashed(base, std::string(line)), where);
    if (std::error_code unknown; !fs::exists(root / image.relative, unknown)) {
      const std::string text = base::printable_path((root / image.relative).string()) +
                               " does not exist; " + windows_in_words(line) +
                               images.cure_of(image.relative);
      if (odd.missing++ == 0) odd.first_missing = where + ": " + text;
      if (problems) report(problems, ProblemKind::missing_file, where, text);
      return;
    }
    if (!seen.insert(image.relative).second && odd.again++ == 0) odd.first_again = where;
    out.images.push_back(image);
  });
  if (!problems) refuse_missing(odd, list, out.images.size() - first);
  if (out.images.size() == first && odd.missing == 0 && odd.others == 0) {
    const std::string nothing = nothing_in_words(file.bytes());
    report(problems, ProblemKind::bad_label_file, list.string(),
           (nothing.empty() ? "it lists no image" : nothing) +
               ", expected a path of an image per line");
  }
  if (odd.again > 0)
    out.notes.push_back(
        fmt::format("{}: {} listed again and count{} as often (the first: line {})", list.string(),
                    odd.again == 1 ? "1 image is" : fmt::format("{} images are", odd.again),
                    odd.again == 1 ? "s" : "", odd.first_again.substr(list.string().size() + 1)));
  out.layout_folders.push_back(folder_of_all(out.images, first));
}

void take_folder(const fs::path& root, const fs::path& folder, const std::string& where,
                 YoloFiles& out) {
  const ImageFolder found = list_images(folder.string(), true);
  for (const fs::path& relative : found.images)
    out.images.push_back(image_at(root, folder / relative, where));
  for (const auto& [ending, count] : found.others) out.other_pictures[ending] += count;
  out.hidden_images += found.hidden;
  out.layout_folders.push_back(folder.lexically_relative(root).generic_string());
  out.label_folders.push_back(labels_of(folder));
}

// Some exporters write "../train/images" although train/ lies beside data.yaml.
fs::path resolve(const fs::path& root, const std::string& written) {
  const std::string text = slashed(root, written);
  const fs::path plain = (root / text).lexically_normal();
  if (!fs::exists(plain) && text.starts_with("../"))
    return (root / text.substr(3)).lexically_normal();
  return plain;
}

// The `path` in a data.yaml is often that of another machine, or relative to another folder. The
// note is empty if there is such a folder, or no `path`.
std::pair<fs::path, std::string> root_of(const fs::path& yaml, const std::string& path) {
  const fs::path folder = yaml.parent_path(), root = folder / slashed(folder, path);
  base::require_permitted(root);
  std::error_code unknown;
  const bool found = fs::is_directory(root, unknown);
  const fs::path taken = fs::absolute(found ? root : folder).lexically_normal();
  if (found) return {taken, ""};
  return {taken, yaml.string() + ": path: " + base::printable_path(path) +
                     (fs::exists(root, unknown) ? " is no folder" : " does not exist") +
                     "; paths are taken from the folder of the file, " + taken.string()};
}

// A path of another machine is the usual reason.
[[noreturn]] void refuse_place(const std::string& where, const std::string& split,
                               const std::string& text, const fs::path& place,
                               const fs::path& root) {
  fail(ExitCode::data, where, ": ", base::printable_name(split), ": ",
       base::printable_path(place.string()),
       " does not exist, expected a folder of images or a list of them",
       similar_path_in_words(place), "; ", windows_in_words(text), "write it relative to ",
       base::printable_path(root.string()), ", or set `path`");
}

std::string splits_of(const YoloYaml& yaml) {
  std::string known;
  for (const auto& [name, places] : yaml.splits) known += (known.empty() ? "" : ", ") + name;
  return known.empty() ? "none" : known;
}

Dataset load_yaml(const fs::path& path, const Source& source, Problems* problems) {
  const std::string file_name = path.string();
  base::LoadedFile file(file_name, kLargestYoloYaml);
  const YoloYaml yaml = parse_yolo_yaml(file.bytes(), file_name);
  auto split = yaml.splits.find(source.split);
  if (split == yaml.splits.end())
    fail(ExitCode::data, file_name, ": no images for split \"", base::printable_name(source.split),
         "\", expected one of its splits: ", splits_of(yaml));
  const auto [root, note] = root_of(path, yaml.path);
  const std::string where = fmt::format("{}:{}", file_name, yaml.lines.at(source.split));
  YoloFiles files;
  files.image_folder = root.string();
  files.keypoint_numbers = yaml.keypoint_numbers;
  for (const std::string& text : split->second) {
    const fs::path place = resolve(root, text);
    base::require_permitted(place);
    std::error_code unknown;
    if (!fs::exists(place, unknown)) refuse_place(where, source.split, text, place, root);
    place.extension() == ".txt" ? take_list(root, place, files, problems)
                                : take_folder(root, place, where, files);
  }
  Dataset dataset = load_yolo(files, yaml.names, source.policy.exif, problems);
  dataset.class_file = file_name;
  for (size_t i = 0; i < yaml.names.size(); ++i)
    dataset.categories[i].place = fmt::format("line {} (number {})", yaml.name_lines[i], i);
  dataset.notes.insert(dataset.notes.begin(), files.notes.begin(), files.notes.end());
  if (!note.empty()) dataset.notes.insert(dataset.notes.begin(), note);
  return dataset;
}

// Some exports hold the labels alone.
void refuse_labels_alone(const Source& source) {
  std::error_code unknown;
  if (!source.images.empty() || !fs::is_directory(fs::path(source.yolo) / "labels", unknown))
    return;
  const ImageFolder found = list_images(source.yolo, true);
  if (!found.images.empty() || !found.others.empty()) return;
  const std::string option = source.option("images");
  fail(ExitCode::data, source.yolo, ": it has labels/, but no .jpg, .jpeg, or .png file; ",
       option.empty() ? "put the images into its folder images/"
                      : "give the folder of the images with " + option);
}

// The folders of labels and of images that a folder without a data.yaml names.
struct LabelFolders {
  std::string labels, images;
};

LabelFolders label_folders(const Source& source) {
  std::error_code unknown;
  const fs::path folder = source.yolo, labels = folder / "labels";
  const fs::path images = source.images.empty() ? folder / "images" : fs::path(source.images);
  const bool both = fs::is_directory(labels, unknown) && fs::is_directory(images, unknown);
  if (both && !fs::is_directory(images / "labels", unknown))
    return {labels.string(), images.string()};
  return {source.yolo, source.images.empty() ? source.yolo : source.images};
}

}  // namespace

bool has_yolo_yaml(const std::string& yolo) { return !yaml_file(yolo).empty(); }

Dataset load_yolo(const Source& source, Problems* problems) {
  if (const fs::path yaml = yaml_file(source.yolo); !yaml.empty())
    return load_yaml(yaml, source, problems);
  if (!fs::is_directory(source.yolo))
    fail(ExitCode::data, source.yolo,
         ": not a folder, expected one of label files, a data.yaml or its folder",
         base::start_folder_in_words(source.yolo));
  refuse_labels_alone(source);
  const LabelFolders folders = label_folders(source);
  return load_yolo(folders.labels, folders.images, names_of_folder(source), source.policy.exif,
                   problems);
}

}  // namespace data
