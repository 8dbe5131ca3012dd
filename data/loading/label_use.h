// Counts how many labels of a data set take part in training, and why the others do not.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "data/loading/labelled_boxes.h"

namespace data {

struct LabelUse {
  int64_t labels = 0;  // in the data set
  int64_t cut = 0;     // trained labels whose box is cut at the border of the image
  int64_t beyond = 0;  // trained labels that reach past the left or upper border and are not cut
  int64_t tiny = 0;    // trained labels with a side below 1 px
  int max_boxes = 0;   // with which the labels were counted
  std::array<int64_t, kLabelFates> counts{};  // by LabelFate
  std::vector<int64_t> trained_of_category;   // by position in Dataset::categories

  int64_t count(LabelFate fate) const { return counts[static_cast<size_t>(fate)]; }
  int64_t trained() const { return count(LabelFate::trained); }
  int64_t left_out() const { return labels - trained(); }
};

// Counts the labels before augmentation, which may remove more of them.
LabelUse count_labels(const Dataset&, const GroundTruthOptions&, int max_boxes);
// Does the same with the default options, as if the model had all classes of the data set.
LabelUse count_labels(const Dataset&);

// The same counts, but labels without a fault count as trained: crowd regions, labels of other
// classes, and labels beyond max_boxes.
LabelUse faults_of(LabelUse);

// Why the data set cannot be trained on: it has no boxes, or none that takes part. Empty if it can.
std::string untrainable_in_words(const LabelUse&);

// A short name for programs to read, such as "past_border".
const char* name_of(LabelFate);

// Why labels are left out, such as "2 past the border by 1 px or more (data.overshoot=clip cuts
// them), 1 without area". Empty if all take part.
std::string reasons_in_words(const LabelUse&);
// How many trained labels reach past the border, such as "12 reach past the border by less than 1
// px and are cut there", and how many of them are not cut. Empty if none does.
std::string borders_in_words(const LabelUse&, OvershootPolicy);
// How many trained labels are tiny, such as "3 of 12 (25.0 %) have a side below 1 px of their
// image, too small to learn from". Empty if none is.
std::string tiny_in_words(const LabelUse&);

}  // namespace data
