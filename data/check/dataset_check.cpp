#include "data/check/dataset_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <unordered_map>
#include <utility>

#include "data/check/box_units.h"
#include "data/check/repeats.h"
#include "data/class_limit.h"
#include "data/encoded_image.h"
#include "data/formats/coco.h"
#include "data/likely_name.h"
#include "data/loading/label_use.h"
#include "data/loading/labelled_boxes.h"
#include "data/metrics/measurable.h"
#include "engine/base/text.h"

namespace data {
namespace {

using base::is_utf8;

class LabelChecker {
 public:
  LabelChecker(const Dataset& dataset, Problems& problems)
      : dataset_(dataset),
        problems_(problems),
        unread_(problems.count(Severity::error)),
        boxes_per_category_(dataset.categories.size()) {}

  void check() {
    check_units();
    for (const ImageEntry& image : dataset_.images) check_image(image);
    check_categories();
    check_training();
  }

 private:
  void check_units() {
    const BoxUnits units = count_box_units(dataset_);
    const BoxLook look = units.look();
    unit_boxes_ = look == BoxLook::unit;
    if (look != BoxLook::pixels) add(kind_of(look), "boxes", units.in_words());
  }

  static ProblemKind kind_of(BoxLook look) {
    switch (look) {
      case BoxLook::unit:
        return ProblemKind::look_like_unit;
      case BoxLook::corners:
        return ProblemKind::look_like_corners;
      case BoxLook::may_be_corners:
        return ProblemKind::may_be_corners;
      case BoxLook::may_be_small:
        return ProblemKind::may_be_small;
      case BoxLook::sizes_in_1000:
      case BoxLook::corners_in_1000:
        return ProblemKind::look_like_1000;
      default:
        return ProblemKind::look_like_other_order;
    }
  }

  // What training refuses, always or with the default options.
  void check_training() {
    // If entries could not be read, they are the cause of what is missing. A data set without
    // images has an error of its own.
    if (dataset_.images.empty() || unread_ > 0) return;
    const std::string where = dataset_.source.empty() ? "data set" : dataset_.source;
    if (dataset_.categories.empty()) add(ProblemKind::no_category, where, kNoCategories);
    const LabelUse use = count_labels(dataset_);
    if (use.labels == 0)
      add(ProblemKind::no_box, where,
          "no boxes: nothing to train on; as validation data it gives no mAP");
    else if (use.trained() == 0)
      add(use.count(LabelFate::past_border) > 0 ? ProblemKind::all_past_border
                                                : ProblemKind::no_trained_box,
          where, untrainable_in_words(use));
  }

  void check_image(const ImageEntry& image) {
    // For COCO files, the reader finds this. Names in records are not opened by the reader, so they
    // are checked here.
    if (image.shard >= 0 && !image.file_name.empty() && !stays_in_folder(image.file_name))
      add(ProblemKind::unsafe_file_name, image,
          fmt::format("image/filename \"{}\" does not stay below an image folder",
                      base::printable_name(image.file_name)));
    if (!base::is_utf8(image.file_name))
      add(ProblemKind::invalid_utf8, image, "file name is not UTF-8");
    auto [first, is_new] = id_of_file_.try_emplace(
        std::filesystem::path(image.file_name).lexically_normal().string(), image.id);
    if (!is_new && image.shard < 0)
      add(ProblemKind::duplicate_file_name, image,
          fmt::format("images {} and {} have this file", first->second, image.id));
    if (image.object_count == 0) add(ProblemKind::image_without_boxes, image, "no boxes");
    for (const Object& object : dataset_.objects_of(image)) check_object(image, object);
    check_duplicates(image);
  }

  void check_object(const ImageEntry& image, const Object& o) {
    ++boxes_per_category_.at(o.category);
    if (o.id == 0) add(ProblemKind::id_zero, image, o, "annotation id 0");
    if (o.crowd) add(ProblemKind::crowd, image, o, "crowd region");
    std::string box = fmt::format("box [{}, {}, {}, {}]", o.x, o.y, o.width, o.height);
    double right = o.x + o.width, bottom = o.y + o.height;
    if (!std::isfinite(right) || !std::isfinite(bottom) || !std::isfinite(o.area))
      add(ProblemKind::non_finite_box, image, o, box + " is not finite");
    else if (o.width < 0 || o.height < 0)
      add(ProblemKind::negative_box, image, o,
          box + " has a negative side, as if its corners were swapped; expected " +
              form_in_words(dataset_.box_form));
    else if (o.x >= image.width || o.y >= image.height || right <= 0 || bottom <= 0)
      add(ProblemKind::box_outside, image, o,
          fmt::format("{} lies outside the image of {} x {}", box, image.width, image.height));
    else if (o.width == 0 || o.height == 0)
      add(ProblemKind::zero_box, image, o, box + " has no area");
    else if (double over = std::max({-o.x, -o.y, right - image.width, bottom - image.height});
             over > 0)
      add(over < kRoundingPixels ? ProblemKind::box_rounds_over : ProblemKind::box_overshoots,
          image, o,
          fmt::format("{} is {:.3g} px past the border of the image of {} x {}", box, over,
                      image.width, image.height));
    if (is_tiny(o) && !unit_boxes_)
      add(ProblemKind::tiny_box, image, o, box + " has a side below 1 px");
    check_area(image, o, box);
  }

  void check_area(const ImageEntry& image, const Object& o, const std::string& box) {
    // The area of a box with a negative side may be the product of the sides.
    if (o.width >= 0 && o.height >= 0 && std::isfinite(o.area) && !o.crowd && !has_counted_area(o))
      add(ProblemKind::uncounted_area, image, o,
          fmt::format("area {}, expected 0 to 1e10; without one, it is that of the box", o.area));
    if (has_odd_area(o))
      add(ProblemKind::odd_area, image, o,
          fmt::format("area {} of {}, expected above 0 and at most {}; without one, it is that of "
                      "the box",
                      o.area, box, o.width * o.height));
    if (has_area_in_parts(o))
      add(ProblemKind::odd_area, image, o,
          fmt::format("area {} of {} seems to be in parts of the image, expected pixels", o.area,
                      box));
  }

  void check_duplicates(const ImageEntry& image) {
    const auto objects = dataset_.objects_of(image);
    for (const auto& [object, earlier] : repeated_boxes(objects))
      add(ProblemKind::duplicate_box, image, objects[object],
          fmt::format("same box and class as annotation id {}", objects[earlier].id));
  }

  void check_categories() {
    if (const size_t classes = dataset_.categories.size(); classes > kMostClasses)
      add(ProblemKind::too_many_classes, "categories", too_many_classes_in_words(classes));
    std::unordered_map<std::string_view, const Category*> known;
    std::unordered_map<std::string, const std::string*> alike;
    for (size_t i = 0; i < dataset_.categories.size(); ++i) {
      const Category& category = dataset_.categories[i];
      std::string where = fmt::format("category id {}", category.id);
      const std::string name = base::printable_name(category.name);
      if (!base::is_utf8(category.name)) add(ProblemKind::invalid_utf8, where, "name is not UTF-8");
      if (category.id == 0) add(ProblemKind::id_zero, where, fmt::format("\"{}\" has id 0", name));
      if (boxes_per_category_[i] == 0 && unread_ == 0)  // else its boxes may be among the unread
        add(ProblemKind::empty_class, where, fmt::format("\"{}\" has no boxes", name));
      const auto [first, is_new] = known.try_emplace(category.name, &category);
      if (const std::string file = class_file_of(dataset_); !is_new)
        add(ProblemKind::duplicate_category_name, file.empty() ? "categories" : file,
            same_name_in_words(*first->second, category));
      const auto [other, is_other] = alike.try_emplace(simplified(category.name), &category.name);
      if (!is_other && *other->second != category.name)
        add(ProblemKind::alike_category_names, where,
            fmt::format("\"{}\" and \"{}\" differ only {}", base::printable_name(*other->second),
                        name, difference_in_words(*other->second, category.name)));
    }
    check_gaps();
  }

  void check_gaps() {
    if (dataset_.categories.empty()) return;
    auto [low, high] =
        std::minmax_element(dataset_.categories.begin(), dataset_.categories.end(),
                            [](const Category& a, const Category& b) { return a.id < b.id; });
    auto span = static_cast<uint64_t>(high->id) - static_cast<uint64_t>(low->id) + 1;
    if (span != dataset_.categories.size())
      add(ProblemKind::id_gap, "categories",
          fmt::format("{} ids in {}..{}", dataset_.categories.size(), low->id, high->id));
  }

  void add(ProblemKind kind, const std::string& where, std::string text) {
    Problem problem{kind, where};
    problem.text = std::move(text);
    problems_.add(std::move(problem));
  }
  void add(ProblemKind kind, const ImageEntry& image, std::string text) {
    add(kind, image_location(dataset_, image), std::move(text));
  }
  void add(ProblemKind kind, const ImageEntry& image, const Object& object, std::string text) {
    Problem problem{kind, image_location(dataset_, image), object.id, true, std::move(text)};
    problems_.add(std::move(problem));
  }

  const Dataset& dataset_;
  Problems& problems_;
  const int64_t unread_;     // errors that reading has found
  bool unit_boxes_ = false;  // the boxes seem to be in 0..1
  std::vector<int64_t> boxes_per_category_;
  std::unordered_map<std::string, int64_t> id_of_file_;
};

}  // namespace

void check_labels(const Dataset& dataset, Problems& problems) {
  LabelChecker(dataset, problems).check();
}

}  // namespace data
