#include "data/metrics/coco_curve.h"

#include <algorithm>
#include <limits>

namespace data {

Curve CurveMaker::make(int area, int threshold, uint32_t limit) {
  // The precision of a recall is the maximum over this and all higher recalls. Wrong detections
  // only lower the precision, so it is enough to look at the right ones.
  collect_right_ones(matches_.outcomes_of(area, threshold), limit);
  for (size_t i = precision_.size(); i-- > 1;)
    precision_[i - 1] = std::max(precision_[i - 1], precision_[i]);
  Curve curve;
  const double objects = static_cast<double>(matches_.objects[area]);
  const size_t right = precision_.size();
  curve.recall = static_cast<double>(right) / objects;
  if (any_) {  // the first detection reaches recall 0, whether it is right or not
    curve.precision[0] = right ? precision_[0] : 0;
    curve.scores[0] = first_score_;
  }
  size_t i = 0;
  for (int r = 1; r < Evaluation::kRecalls; ++r) {
    while (i < right && static_cast<double>(i + 1) / objects < wanted_[r]) ++i;
    if (i == right) break;
    curve.precision[r] = precision_[i];
    curve.scores[r] = scores_[i];
  }
  return curve;
}

void CurveMaker::collect_right_ones(std::span<const Outcome> outcomes, uint32_t limit) {
  constexpr double kSpacing = std::numeric_limits<double>::epsilon();  // numpy.spacing(1)
  precision_.clear();
  scores_.clear();
  any_ = false;
  double right = 0, wrong = 0;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (matches_.ranks[i] >= limit) continue;
    if (!any_) first_score_ = matches_.scores[i];
    any_ = true;
    wrong += outcomes[i] == Outcome::wrong;
    if (outcomes[i] != Outcome::right) continue;
    right += 1;
    precision_.push_back(right / (wrong + right + kSpacing));
    scores_.push_back(matches_.scores[i]);
  }
}

}  // namespace data
