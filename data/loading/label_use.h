// How many labels of a data set take part in training, and why the others do not.
#pragma once
#include <array>
#include <string>

#include "data/loading/labelled_boxes.h"

namespace data {

struct LabelUse {
  int64_t labels = 0;  // in the data set
  int64_t cut = 0;     // of the trained ones, at the border of their image
  int max_boxes = 0;
  std::array<int64_t, kLabelFates> counts{};

  int64_t count(LabelFate fate) const { return counts[static_cast<size_t>(fate)]; }
  int64_t trained() const { return count(LabelFate::trained); }
  int64_t left_out() const { return labels - trained(); }
};

// Counts before augmentation, which may cut away more. Pure.
LabelUse count_labels(const Dataset&, const GroundTruthOptions&, int max_boxes);
// The same for a data set by itself: all of its classes are known, the rest is as by default.
LabelUse count_labels(const Dataset&);

// A short name for programs, as "past_border".
const char* name_of(LabelFate);

// "3 of 12 (25.0 %)"
std::string share_in_words(int64_t part, int64_t whole);
// "2 past the border by 1 px or more (data.overshoot=clip cuts them), 1 without area"; empty when
// all take part.
std::string reasons_in_words(const LabelUse&);
// "12 reach less than 1 px past the border and are cut there"; empty when none was cut.
std::string cuts_in_words(const LabelUse&, OvershootPolicy);

}  // namespace data
