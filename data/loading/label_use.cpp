#include "data/loading/label_use.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "data/loading/sample_builder.h"
#include "engine/base/text.h"

namespace data {
namespace {

struct FateText {
  const char* name;
  const char* reason;  // follows a number in messages; {} stands for the limit
};
constexpr std::array<FateText, kLabelFates> kFates{{
    {"trained", "trained on"},
    {"crowd", "crowd regions (data.crowd=train takes them)"},
    {"unknown_class", "of a class that the model does not have (--init-from begins one with it)"},
    {"not_finite", "with NaN or infinity"},
    {"negative_side", "with a negative side, as if corners were swapped"},
    {"no_area", "without area"},
    {"outside", "outside of their image"},
    {"past_border", "past the border by 1 px or more (data.overshoot=clip cuts them)"},
    {"beyond_max_boxes", "beyond the first {} of their image (data.max_boxes)"},
}};

}  // namespace

LabelUse count_labels(const Dataset& dataset, const GroundTruthOptions& options, int max_boxes) {
  LabelUse use{.max_boxes = max_boxes, .trained_of_category = {}};
  use.trained_of_category.resize(dataset.categories.size());
  for (const ImageEntry& image : dataset.images) {
    int taken = 0;
    for (const Object& object : dataset.objects_of(image)) {
      const JudgedLabel label = label_of(object, image, options);
      LabelFate fate = label.fate;
      if (fate == LabelFate::trained && ++taken > max_boxes) fate = LabelFate::beyond_max_boxes;
      ++use.labels;
      ++use.counts[static_cast<size_t>(fate)];
      if (fate != LabelFate::trained) continue;
      use.cut += label.cut;
      use.beyond += label.beyond;
      use.tiny += is_tiny(object);
      ++use.trained_of_category.at(size_t(object.category));
    }
  }
  return use;
}

LabelUse count_labels(const Dataset& dataset) {
  GroundTruthOptions options;
  options.class_columns.resize(dataset.categories.size());
  std::iota(options.class_columns.begin(), options.class_columns.end(), 1);
  return count_labels(dataset, options, SampleOptions().max_boxes);
}

LabelUse faults_of(LabelUse use) {
  for (const LabelFate fate :
       {LabelFate::crowd, LabelFate::unknown_class, LabelFate::beyond_max_boxes})
    use.counts[size_t(LabelFate::trained)] += std::exchange(use.counts[size_t(fate)], 0);
  return use;
}

const char* name_of(LabelFate fate) { return kFates[static_cast<size_t>(fate)].name; }

std::string reasons_in_words(const LabelUse& use) {
  std::string text;
  for (size_t fate = 1; fate < kFates.size(); ++fate) {
    if (use.counts[fate] == 0) continue;
    text += fmt::format("{}{} ", text.empty() ? "" : ", ", use.counts[fate]);
    text += fmt::format(fmt::runtime(kFates[fate].reason), use.max_boxes);
  }
  return text;
}

std::string untrainable_in_words(const LabelUse& use) {
  if (use.labels == 0) return "no boxes: there is nothing to train on";
  if (use.trained() > 0) return {};
  return fmt::format("none of its {} labels takes part in training: {}", use.labels,
                     reasons_in_words(use));
}

std::string borders_in_words(const LabelUse& use, OvershootPolicy overshoot) {
  std::string text;
  if (use.cut > 0)
    text = fmt::format("{} reach past the border{} and are cut there", use.cut,
                       overshoot == OvershootPolicy::drop ? " by less than 1 px" : "");
  if (use.beyond > 0)
    text += fmt::format(
        "{}{} reach 1 px or more past the left or upper border and are trained on uncut, as in the "
        "original (data.overshoot=clip cuts them)",
        text.empty() ? "" : ", ", use.beyond);
  return text;
}

std::string tiny_in_words(const LabelUse& use) {
  if (use.tiny == 0) return {};
  return base::share_in_words(use.tiny, use.labels) +
         " have a side below 1 px of their image, too small to learn from";
}

}  // namespace data
