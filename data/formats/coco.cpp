#include "data/formats/coco.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "data/check/similar_file.h"
#include "data/formats/coco_sax.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

constexpr uint64_t kLargestFile = uint64_t{4} << 30;
constexpr uint32_t kNoImage = UINT32_MAX;

// Joins the records of one file into a data set.
class CocoJoiner {
 public:
  CocoJoiner(const std::string& path, const std::string& image_folder, Problems* problems)
      : path_(path), problems_(problems) {
    out_.image_folder = image_folder;
  }

  Dataset join(CocoRecords records) {
    bad_images_ = std::move(records.bad_images);
    bad_categories_ = std::move(records.bad_categories);
    if (!records.has_annotations && !records.images.empty())
      out_.notes.push_back(path_ + ": no \"annotations\" section, so no image has a box" +
                           other_sections_in_words(records));
    if (records.turned > 0)
      out_.notes.push_back(base::concatenate(
          path_, ": ", base::counted(records.turned, "box"),
          " with a rotation (attributes.rotation) taken as if not turned; draw what is turned as "
          "polygons to have the boxes around it"));
    take_categories(records.categories);
    take_images(records.images);
    renumber_duplicate_annotations(records.annotations);
    take_annotations(records.annotations);
    return std::move(out_);
  }

 private:
  void take_categories(std::vector<Category>& categories) {
    for (Category& category : categories) {
      if (!category_of_.try_emplace(category.id, out_.categories.size()).second) {
        report(ProblemKind::duplicate_category_id, path_,
               base::concatenate("category id ", category.id, " (\"",
                                 base::printable_name(category.name), "\") again"));
        continue;
      }
      out_.categories.push_back(std::move(category));
    }
  }

  void take_images(std::vector<ImageEntry>& images) {
    if (images.size() >= kNoImage) base::fail(base::ExitCode::data, path_, ": over 2^32 images");
    out_.images.reserve(images.size());
    for (ImageEntry& image : images) {
      if (!stays_in_folder(image.file_name)) {
        report(ProblemKind::unsafe_file_name, path_,
               base::concatenate("image id ", image.id, ": file_name \"",
                                 base::printable_name(image.file_name),
                                 "\" does not stay below the image folder; file names are "
                                 "relative to that folder",
                                 what_is_there(image.file_name)));
        bad_images_.insert(image.id);
        continue;
      }
      if (!image_of_.try_emplace(image.id, static_cast<uint32_t>(out_.images.size())).second) {
        report(ProblemKind::duplicate_image_id, image.file_name,
               base::concatenate("image id ", image.id, " again"));
        continue;
      }
      out_.images.push_back(std::move(image));
    }
    images = {};
  }

  std::string what_is_there(const std::string& file_name) {
    const std::string last = file_name.substr(file_name.find_last_of("/\\") + 1);
    const std::string there = similar_.find(out_.image_folder, last);
    if (there.empty()) return "";
    return base::concatenate("; ", base::printable(out_.image_folder), " has ",
                             base::printable_name(there), ": write that name");
  }

  // Numbers all annotations anew if an id occurs twice. Only messages need the ids.
  void renumber_duplicate_annotations(std::vector<CocoAnnotation>& annotations) {
    std::vector<int64_t> ids(annotations.size());
    std::transform(annotations.begin(), annotations.end(), ids.begin(),
                   [](const CocoAnnotation& a) { return a.object.id; });
    std::sort(ids.begin(), ids.end());
    int64_t again = 0;
    for (auto at = ids.begin(); (at = std::adjacent_find(at, ids.end())) != ids.end(); ++at) {
      ++again;
      if (problems_)
        report(ProblemKind::duplicate_annotation_id, path_,
               base::concatenate("annotation id ", *at, " again"), &*at);
    }
    if (again == 0) return;
    for (size_t i = 0; i < annotations.size(); ++i)
      annotations[i].object.id = static_cast<int64_t>(i + 1);
    out_.notes.push_back(base::concatenate(
        path_, ": ", again, " of ", annotations.size(),
        " annotation ids occur again, expected unique ones: all are numbered from 1 (`ssddata "
        "convert --to-coco` writes such a file)"));
  }

  // A counting sort by image: two passes, no comparison, file order kept within an image.
  void take_annotations(std::vector<CocoAnnotation>& annotations) {
    std::vector<uint32_t> image_of_annotation(annotations.size(), kNoImage);
    for (size_t i = 0; i < annotations.size(); ++i) {
      image_of_annotation[i] = resolve(annotations[i]);
      if (image_of_annotation[i] != kNoImage) ++out_.images[image_of_annotation[i]].object_count;
    }
    uint64_t total = 0;
    for (ImageEntry& image : out_.images) {
      image.first_object = static_cast<uint32_t>(total);
      total += image.object_count;
      image.object_count = 0;
    }
    if (total > UINT32_MAX) base::fail(base::ExitCode::data, path_, ": over 2^32 annotations");
    out_.objects.resize(total);
    for (size_t i = 0; i < annotations.size(); ++i) {
      if (image_of_annotation[i] == kNoImage) continue;
      ImageEntry& image = out_.images[image_of_annotation[i]];
      out_.objects[image.first_object + image.object_count++] = annotations[i].object;
    }
  }

  // Sets the annotation's category and returns the index of its image. If one of them is unknown,
  // returns kNoImage, and reports that unless its own fault was reported.
  uint32_t resolve(CocoAnnotation& annotation) {
    const int64_t& id = annotation.object.id;
    auto image = image_of_.find(annotation.image_id);
    if (image == image_of_.end() && bad_images_.contains(annotation.image_id)) return kNoImage;
    if (image == image_of_.end()) {
      report(ProblemKind::orphan_annotation, path_,
             base::concatenate("annotation id ", id, ": image_id ", annotation.image_id,
                               " is not among the images"),
             &id);
      return kNoImage;
    }
    auto category = category_of_.find(annotation.category_id);
    if (category == category_of_.end() && bad_categories_.contains(annotation.category_id))
      return kNoImage;
    if (category == category_of_.end()) {
      report(ProblemKind::unknown_category, out_.images[image->second].file_name,
             base::concatenate("annotation id ", id, ": category_id ", annotation.category_id,
                               " is not among the categories",
                               annotation.category_id == 0 ? "; are they counted from 0?" : ""),
             &id);
      return kNoImage;
    }
    annotation.object.category = category->second;
    return image->second;
  }

  void report(ProblemKind kind, const std::string& where, std::string text,
              const int64_t* annotation_id = nullptr) {
    if (!problems_)
      base::fail(base::ExitCode::data, path_, ": ", text, "; `ssddata check` lists every problem");
    Problem problem{kind, where};
    problem.has_annotation = annotation_id != nullptr;
    if (annotation_id) problem.annotation_id = *annotation_id;
    problem.text = std::move(text);
    problems_->add(std::move(problem));
  }

  std::string path_;
  Problems* problems_;
  Dataset out_;
  SimilarFiles similar_;
  std::unordered_set<int64_t> bad_images_, bad_categories_;  // ids of entries that were refused
  std::unordered_map<int64_t, int32_t> category_of_;
  std::unordered_map<int64_t, uint32_t> image_of_;
};

// Exports made on Windows separate folders by backslashes. A file that has one in its name keeps
// it.
void read_backslashes_as_folders(const std::string& path, Dataset& dataset) {
  const std::filesystem::path folder = dataset.image_folder;
  int64_t read = 0;
  std::string first;
  for (ImageEntry& image : dataset.images) {
    if (image.file_name.find('\\') == std::string::npos) continue;
    std::string slashes = image.file_name;
    std::replace(slashes.begin(), slashes.end(), '\\', '/');
    std::error_code error;
    if (std::filesystem::exists(folder / image.file_name, error) ||
        !std::filesystem::exists(folder / slashes, error))
      continue;
    if (read++ == 0) first = image.file_name;
    image.file_name = std::move(slashes);
  }
  if (read > 0)
    dataset.notes.push_back(base::concatenate(
        path, ": ", read, " of ", dataset.images.size(),
        " file names separate folders by backslashes, and are read with slashes; the first: ",
        base::printable_name(first)));
}

}  // namespace

bool stays_in_folder(const std::string& file_name) {
  if (file_name.empty() || file_name.size() > 4096 || file_name.find('\0') != std::string::npos)
    return false;
  bool drive = file_name.size() > 1 && file_name[1] == ':';
  if (file_name[0] == '/' || file_name[0] == '\\' || drive) return false;
  for (size_t start = 0; start <= file_name.size();) {
    size_t end = std::min(file_name.find_first_of("/\\", start), file_name.size());
    if (file_name.compare(start, end - start, "..") == 0) return false;
    start = end + 1;
  }
  return true;
}

Dataset load_coco(const std::string& annotations_path, const std::string& image_folder,
                  const CocoOptions& options) {
  base::LoadedFile file(annotations_path, kLargestFile);
  CocoRecords records = read_coco_records(file, options.problems);
  Dataset dataset =
      CocoJoiner(annotations_path, image_folder, options.problems).join(std::move(records));
  read_backslashes_as_folders(annotations_path, dataset);
  return dataset;
}

}  // namespace data
