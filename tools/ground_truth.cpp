#include "tools/ground_truth.h"

#include <algorithm>
#include <filesystem>

#include "data/formats/source_files.h"
#include "data/formats/tf_dataset.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/permitted.h"
#include "engine/base/start_folder.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"

namespace tools {

namespace fs = std::filesystem;

namespace {

// The format of a path, which is told from the path alone. Null for a folder of none of them.
const data::Format* recognised_format(const std::string& path) {
  const data::Format* rest = nullptr;
  for (const data::Format& f : data::formats()) {
    std::string doubt;
    const bool recognised = f.recognises && f.recognises(path, doubt);
    if (!doubt.empty()) base::tell("warning: --ground-truth: " + doubt);
    if (recognised) return &f;
    if (!f.recognises) rest = &f;
  }
  std::error_code unknown;
  return fs::is_directory(path, unknown) ? nullptr : rest;
}

data::Source source_of(const fs::path& path, const std::optional<std::string>& split) {
  data::Source source;
  source.split = split.value_or("val");
  source.prefix.clear();  // --ground-truth is the only option
  std::error_code unknown;
  if (const std::string forbidden = base::forbidden_in_words(path); !forbidden.empty())
    base::fail(base::ExitCode::data, "--ground-truth: ", forbidden);
  if (!data::is_pattern(path.string()) && !fs::exists(path, unknown))
    base::fail(base::ExitCode::data, "--ground-truth: ", base::printable(path.string()),
               " does not exist", base::start_folder_in_words(path.string()));
  const data::Format* format = recognised_format(path.string());
  if (!format)
    base::fail(base::ExitCode::data, "--ground-truth: ", base::printable(path.string()),
               " has no XML files, data.yaml, classes.txt or obj.names: put the class names into "
               "its classes.txt, one per line, or give --ground-truth another data set");
  format->give(source, path.string());
  return source;
}

}  // namespace

std::vector<data::DrawnBox> label_boxes(const data::Dataset& set, const data::ImageEntry& entry,
                                        const data::ClassColours& colours,
                                        const data::Picture& picture) {
  constexpr data::Colour kCrowd{170, 170, 170};
  const double sx = double(picture.width) / entry.width, sy = double(picture.height) / entry.height;
  std::vector<data::DrawnBox> boxes;
  for (const data::Object& o : set.objects_of(entry)) {
    const std::string& name = set.categories[size_t(o.category)].name;
    boxes.push_back({{o.x * sx, o.y * sy, o.width * sx, o.height * sy},
                     name,
                     o.crowd ? "(crowd)" : "",
                     o.crowd ? kCrowd : colours.of(name)});
  }
  return boxes;
}

GroundTruth::GroundTruth(const std::string& path, const std::optional<std::string>& split,
                         data::ExifPolicy exif)
    : input_{.source = source_of(path, split),
             .exif = exif,
             .follow_links = {},
             .split_given = split.has_value()},
      dataset_(input_.load_with_images()),
      names_(dataset_) {
  for (const data::ImageEntry& image : dataset_.images) images_.emplace(image.id, &image);
}

const data::ImageEntry* GroundTruth::image_of(const std::string& file) const {
  const int64_t id = names_.image_of(file, data::DetectionNames::kNone);
  const auto found = images_.find(id);
  return found == images_.end() ? nullptr : found->second;
}

std::vector<std::string> GroundTruth::files() const {
  return data::files_of(input_.source, dataset_);
}

void TruthMatches::add(const std::string& image) {
  ++images_;
  const data::ImageEntry* entry = truth_.image_of(image);
  if (entry)
    seen_.insert(entry);
  else
    ++without_truth_;
}

std::string TruthMatches::in_words() const {
  const size_t all = truth_.dataset().images.size(), unseen = all - seen_.size();
  std::string words;
  if (without_truth_ > 0)
    words = base::concatenate("not in the ground truth: ", without_truth_, " of ",
                              base::counted(int64_t(images_), "image"));
  if (unseen > 0)
    words += base::concatenate(words.empty() ? "" : "; ", "not among the images: ", unseen,
                               " of the ", all, " in the ground truth");
  return words;
}

void TruthSizes::add(const std::string& image, int width, int height) {
  const data::ImageEntry* entry = truth_.image_of(image);
  images_ += entry != nullptr;
  if (!entry || (entry->width == width && entry->height == height)) return;
  if (others_++ > 0) return;
  first_ = base::concatenate(base::printable(image), " is ", width, " x ", height,
                             ", its labels are for ", entry->width, " x ", entry->height);
}

std::string TruthSizes::in_words() const {
  if (others_ == 0) return {};
  return base::concatenate("note: ", others_, " of ", base::counted(images_, "picture"),
                           " with labels ", others_ == 1 ? "has" : "have",
                           " another size than the ground truth says; its boxes are drawn in the "
                           "new size, which is wrong where a picture was cropped; the first: ",
                           first_);
}

}  // namespace tools
