#include "tools/detect/detection_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include "data/formats/yolo.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/folder_walk.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/image_files.h"
#include "tools/output_names.h"

namespace tools {

namespace fs = std::filesystem;

namespace {

fs::path one_spelling(const fs::path& path) {
  std::error_code unknown;
  const fs::path absolute = fs::absolute(path, unknown);
  const fs::path real = fs::weakly_canonical(absolute, unknown);
  return unknown ? absolute.lexically_normal() : real;
}

// Names that classes.txt cannot hold as they are, since it has one per line.
std::string escaped_names_in_words(const run::ClassList& classes) {
  std::vector<std::string> escaped;
  for (const run::ModelClass& c : classes.list())
    if (base::printable(c.name) != c.name) escaped.push_back(base::printable_name(c.name));
  if (escaped.empty()) return {};
  return fmt::format("{} written otherwise than in the model, as {}",
                     escaped.size() == 1 ? "a class name is" : "class names are",
                     run::listed(escaped));
}

}  // namespace

DetectionFiles::DetectionFiles(const OutputFolders& folders, const run::ClassList& classes)
    : folders_(folders),
      classes_(classes),
      crop_folders_(folders_of_classes(folders.crops, classes)) {}

std::string DetectionFiles::crop_folder(const std::string& category) const {
  return crop_folders_.at(category);
}

OutputNames DetectionFiles::named(const std::string& stem, const std::string& image) const {
  OutputNames names;
  if (!folders_.pictures.empty())
    names.picture = (fs::path(folders_.pictures) / (stem + picture_ending(image))).string();
  if (!folders_.labels.empty())
    names.labels = (fs::path(folders_.labels) / (stem + ".txt")).string();
  if (!folders_.crops.empty()) names.crops = stem;
  return names;
}

std::vector<OutputNames> DetectionFiles::names(const std::vector<std::string>& images) const {
  std::vector<OutputNames> all;
  UnusedNames stems;
  for (const std::string& image : images) all.push_back(named(stems.take(stem_of(image)), image));
  return all;
}

bool DetectionFiles::any_taken(const OutputNames& names) const {
  if (is_taken(names.picture) || is_taken(names.labels)) return true;
  if (names.crops.empty()) return false;
  for (const run::ModelClass& c : classes_.list())
    for (const char* first : {"_1.jpg", "_1.png"})
      if (is_taken(fs::path(crop_folder(c.name)) / (names.crops + first))) return true;
  return false;
}

OutputNames DetectionFiles::new_names(const std::string& image) const {
  const std::string stem = stem_of(image);
  OutputNames names = named(stem, image);
  for (int i = 2; any_taken(names); ++i) names = named(base::concatenate(stem, "_", i), image);
  return names;
}

// Refuses folders of crops that other outputs use, too. The names of crops depend on what is found,
// so a conflict of names could not be seen before.
void DetectionFiles::check_folders() const {
  for (const run::ModelClass& c : classes_.list())
    for (const auto& [option, folder] :
         {std::pair("-o", folders_.pictures), {"--save-txt", folders_.labels}})
      if (!folder.empty() && one_spelling(folder) == one_spelling(crop_folder(c.name)))
        base::fail(base::ExitCode::usage, option, " and --save-crops would both write into ",
                   base::printable(folder), "; choose another folder");
}

LabelFolder DetectionFiles::label_folder() const {
  return {.option = "--save-txt",
          .path = folders_.labels,
          .class_names = class_names(),
          .owner = "the model"};
}

void DetectionFiles::add_to(base::OutputGuard& guard, const std::vector<std::string>& images,
                            const std::vector<OutputNames>& names) const {
  for (size_t i = 0; i < images.size(); ++i) {
    guard.add_in("-o", folders_.pictures, names[i].picture);
    if (folders_.labels.empty()) continue;
    refuse_made_labels("--save-txt", names[i].labels);
    guard.add("--save-txt", folders_.labels, fs::path(names[i].labels).filename().string(),
              images[i]);
  }
  if (!folders_.labels.empty())
    guard.add("--save-txt", folders_.labels, data::kYoloNamesFile, "the class names");
  if (folders_.crops.empty()) return;
  check_folders();
  std::set<std::string> looked;
  for (const run::ModelClass& c : classes_.list()) {
    const std::string folder = crop_folder(c.name);
    if (!looked.insert(folder).second) continue;
    bool any = false;
    const auto unseen = base::walk(folder, false, [&](const fs::directory_entry& entry) {
      guard.add_in("--save-crops", folders_.crops, entry.path().string());
      return any = true;
    });
    if (unseen.count > 0)
      base::fail(base::ExitCode::data, "--save-crops: ", unseen.in_words(),
                 "; choose another folder");
    if (!any)  // checks that the folder can be made
      guard.add_in("--save-crops", folders_.crops, folder + "/1.jpg");
  }
}

base::OutputLocks DetectionFiles::take_for_stream(const std::vector<std::string>& inputs,
                                                  const std::string& watched) const {
  std::vector<std::string> pictures{folders_.pictures};
  if (!folders_.crops.empty())
    for (const run::ModelClass& c : classes_.list()) pictures.push_back(crop_folder(c.name));
  for (const std::string& folder : pictures)
    if (!watched.empty() && !folder.empty() && one_spelling(folder) == one_spelling(watched))
      base::fail(base::ExitCode::usage, "--watch: ", base::printable(watched),
                 " would get new pictures from this program; write them into another folder");
  if (!folders_.crops.empty()) check_folders();
  base::OutputGuard guard(false, base::LockKind::shared);
  for (const auto& [option, folder, name] : {std::tuple("-o", folders_.pictures, "picture"),
                                             {"--save-crops", folders_.crops, "crop"},
                                             {"--save-txt", folders_.labels, "label"}})
    if (!folder.empty()) guard.add_in(option, folder, new_name(fs::path(folder) / name, ""));
  const std::string names = (fs::path(folders_.labels) / data::kYoloNamesFile).string();
  if (!folders_.labels.empty() && !has_class_names(label_folder())) {
    // The guard would advise --overwrite, but here no file is ever replaced.
    if (std::error_code unknown; fs::is_regular_file(names, unknown))
      base::fail(base::ExitCode::usage, "--save-txt: ", base::printable(names),
                 " exists and lists other classes; choose another folder");
    guard.add_in("--save-txt", folders_.labels, names);
  }
  base::OutputLocks locks = guard.take(inputs);
  check_labels();
  return locks;
}

void DetectionFiles::check_labels() const { refuse_other_classes(label_folder()); }

void DetectionFiles::begin() const {
  base::create_folders(folders_.pictures);
  base::create_folders(folders_.crops);
  base::create_folders(folders_.labels);
  const fs::path names = fs::path(folders_.labels) / data::kYoloNamesFile;
  if (folders_.labels.empty()) return;
  if (!has_class_names(label_folder())) base::write_file(names, class_names());
  if (const std::string escaped = escaped_names_in_words(classes_); !escaped.empty())
    base::tell("note: " + names.string() + ": " + escaped);
}

std::string DetectionFiles::class_names() const {
  std::string names;
  for (const run::ModelClass& c : classes_.list()) names += base::printable(c.name) + "\n";
  return names;
}

void DetectionFiles::write(const DetectedImage& image, const EncodedPictures& pictures,
                           const OutputNames& names, bool replace) const {
  if (!names.labels.empty())
    base::write_file(names.labels, label_lines(image), base::not_durable());
  if (!names.crops.empty()) write_crops(image, pictures, names.crops, replace);
  if (!names.picture.empty()) base::write_file(names.picture, pictures.drawn, base::not_durable());
}

// As other detectors write them: class, centre and size as parts of the image's sides, score.
std::string DetectionFiles::label_lines(const DetectedImage& image) const {
  std::string lines;
  const std::vector<run::ModelClass>& list = classes_.list();
  for (const NamedBox& box : image.boxes) {
    const data::Rectangle& a = box.area;
    lines += fmt::format("{} {:g} {:g} {:g} {:g} {:g}\n", box.category - list.data(),
                         (a.x + a.width / 2) / image.width, (a.y + a.height / 2) / image.height,
                         a.width / image.width, a.height / image.height, box.score);
  }
  return lines;
}

std::map<std::string, std::set<std::string>> DetectionFiles::old_crops(
    const std::vector<OutputNames>& images) const {
  std::set<std::string> stems;
  std::map<std::string, std::set<std::string>> found;
  for (const OutputNames& names : images) stems.insert(names.crops);
  for (const run::ModelClass& c : classes_.list()) {
    std::error_code unknown;
    for (fs::directory_iterator at(crop_folder(c.name), unknown), end; !unknown && at != end;
         at.increment(unknown)) {
      const std::string stem = at->path().stem().string(), ending = at->path().extension().string();
      const size_t mark = stem.find_last_not_of("0123456789");
      const bool numbered = mark != stem.npos && stem[mark] == '_' && mark + 1 < stem.size();
      if (numbered && (ending == ".jpg" || ending == ".png") &&
          stems.contains(stem.substr(0, mark)))
        found[stem.substr(0, mark)].insert(at->path().string());
    }
  }
  return found;
}

std::vector<std::string> DetectionFiles::crop_paths(const DetectedImage& image,
                                                    const OutputNames& names) const {
  std::vector<std::string> paths;
  for (const NamedBox& box : image.boxes)
    paths.push_back(
        fs::path(crop_folder(box.category->name)) /
        fmt::format("{}_{}{}", names.crops, paths.size() + 1, picture_ending(image.file)));
  return paths;
}

void DetectionFiles::write_crops(const DetectedImage& image, const EncodedPictures& pictures,
                                 const std::string& stem, bool replace) const {
  int number = 0;
  for (size_t i = 0; i < image.boxes.size(); ++i) {
    const fs::path folder = crop_folder(image.boxes[i].category->name);
    base::create_folders(folder);
    fs::path path;
    do {
      path = folder / fmt::format("{}_{}{}", stem, ++number, picture_ending(image.file));
    } while (!replace && is_taken(path));
    base::write_file(path, pictures.crops.at(i), base::not_durable());
  }
}

}  // namespace tools
