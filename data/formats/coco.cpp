#include "data/formats/coco.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "data/formats/coco_sax.h"
#include "data/likely_name.h"
#include "data/similar_file.h"
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
  CocoJoiner(base::LoadedFile& file, const std::string& image_folder, Problems* problems)
      : file_(file), path_(file.path()), problems_(problems) {
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
    take_categories(records.categories, records.category_offsets);
    take_images(records.images, records.image_offsets);
    renumber_duplicate_annotations(records.annotations);
    take_annotations(records.annotations);
    return std::move(out_);
  }

 private:
  void take_categories(std::vector<Category>& categories, const std::vector<size_t>& offsets) {
    for (size_t i = 0; i < categories.size(); ++i) {
      Category& category = categories[i];
      const auto [first, fresh] = category_of_.try_emplace(category.id, out_.categories.size());
      if (fresh) {
        out_.categories.push_back(std::move(category));
        continue;
      }
      const std::string& name = out_.categories[size_t(first->second)].name;
      if (name != category.name) bad_categories_.insert(category.id);
      report(ProblemKind::duplicate_category_id, offsets[i],
             base::concatenate("category id ", category.id, " (\"",
                               base::printable_name(category.name), "\") again, after \"",
                               base::printable_name(name), "\""));
    }
    drop_ambiguous(out_.categories, category_of_, bad_categories_);
  }

  void take_images(std::vector<ImageEntry>& images, const std::vector<size_t>& offsets) {
    if (images.size() >= kNoImage) base::fail(base::ExitCode::data, path_, ": over 2^32 images");
    out_.images.reserve(images.size());
    std::unordered_set<int64_t> ambiguous;
    for (size_t i = 0; i < images.size(); ++i) {
      ImageEntry& image = images[i];
      if (!stays_in_folder(image.file_name)) {
        report_unsafe(image, offsets[i]);
        bad_images_.insert(image.id);
        continue;
      }
      const auto [first, fresh] =
          image_of_.try_emplace(image.id, static_cast<uint32_t>(out_.images.size()));
      if (fresh) {
        out_.images.push_back(std::move(image));
        continue;
      }
      const std::string& name = out_.images[first->second].file_name;
      if (name != image.file_name) ambiguous.insert(image.id);
      report(ProblemKind::duplicate_image_id, offsets[i],
             base::concatenate("image id ", image.id, " again (",
                               base::printable_name(image.file_name), ", after ",
                               base::printable_name(name), ")"));
    }
    drop_ambiguous(out_.images, image_of_, ambiguous);
    bad_images_.merge(ambiguous);
    images = {};
  }

  // Leaves out the entries of these ids, of which nothing tells what their annotations belong to.
  template <class Entry, class Index>
  static void drop_ambiguous(std::vector<Entry>& entries, std::unordered_map<int64_t, Index>& index,
                             const std::unordered_set<int64_t>& ids) {
    const auto is_one = [&](const Entry& entry) { return ids.contains(entry.id); };
    if (std::erase_if(entries, is_one) == 0) return;
    index.clear();
    for (size_t i = 0; i < entries.size(); ++i) index.emplace(entries[i].id, Index(i));
  }

  void report_unsafe(const ImageEntry& image, size_t offset) {
    report(ProblemKind::unsafe_file_name, offset,
           base::concatenate("image id ", image.id, ": file_name \"",
                             base::printable_name(image.file_name),
                             "\" does not stay below the image folder; file names are relative to "
                             "that folder",
                             what_is_there(image.file_name)));
  }

  std::string what_is_there(const std::string& file_name) {
    const std::string there =
        similar_.find(out_.image_folder, std::string(without_folders(file_name)));
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
        add(ProblemKind::duplicate_annotation_id, path_,
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
    if (unresolved_ > 0)
      out_.notes.push_back(base::concatenate(
          path_, ": ", base::counted(unresolved_, "annotation"), " left out, because ",
          unresolved_ == 1 ? "its image or category is" : "their images or categories are"));
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
    auto category = category_of_.find(annotation.category_id);
    if ((image == image_of_.end() && bad_images_.contains(annotation.image_id)) ||
        (category == category_of_.end() && bad_categories_.contains(annotation.category_id))) {
      ++unresolved_;
      return kNoImage;
    }
    if (image == image_of_.end()) {
      report(ProblemKind::orphan_annotation, annotation.offset,
             base::concatenate("annotation id ", id, ": image_id ", annotation.image_id,
                               " is not among the images"),
             &id);
      return kNoImage;
    }
    if (category == category_of_.end()) {
      report(ProblemKind::unknown_category, annotation.offset,
             base::concatenate("annotation id ", id, " of ",
                               base::printable_name(out_.images[image->second].file_name),
                               ": category_id ", annotation.category_id,
                               " is not among the categories",
                               annotation.category_id == 0 ? "; are they counted from 0?" : ""),
             &id);
      return kNoImage;
    }
    annotation.object.category = category->second;
    return image->second;
  }

  // Reports a fault of the entry that begins at the offset.
  void report(ProblemKind kind, size_t offset, std::string text,
              const int64_t* annotation_id = nullptr) {
    std::string position = file_.position(offset);
    if (!problems_) base::fail(base::ExitCode::data, position, text, kCocoCure);
    position.resize(position.size() - 2);
    add(kind, position, std::move(text), annotation_id);
  }

  void add(ProblemKind kind, const std::string& where, std::string text,
           const int64_t* annotation_id) {
    Problem problem{kind, where};
    problem.has_annotation = annotation_id != nullptr;
    if (annotation_id) problem.annotation_id = *annotation_id;
    problem.text = std::move(text);
    problems_->add(std::move(problem));
  }

  base::LoadedFile& file_;
  std::string path_;
  Problems* problems_;
  Dataset out_;
  SimilarFiles similar_;
  std::unordered_set<int64_t> bad_images_, bad_categories_;  // ids of entries that were left out
  int64_t unresolved_ = 0;                                   // annotations of these
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
  Dataset dataset = CocoJoiner(file, image_folder, options.problems).join(std::move(records));
  read_backslashes_as_folders(annotations_path, dataset);
  return dataset;
}

}  // namespace data
