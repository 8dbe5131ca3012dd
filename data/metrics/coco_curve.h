// Precision over recall from a category's ranked outcomes.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/metrics/coco_match.h"

namespace data {

// The curve of one category, threshold, area, and limit, at the recalls of recall_thresholds().
struct Curve {
  double recall = 0;  // at the end
  std::array<double, Evaluation::kRecalls> precision = {}, scores = {};
};

// Reuses its room from curve to curve.
class CurveMaker {
 public:
  explicit CurveMaker(const CategoryMatches& matches)
      : matches_(matches), wanted_(recall_thresholds()) {}

  // The area must have objects. `limit`: best detections per image that count.
  Curve make(int area, int threshold, uint32_t limit);

 private:
  void collect_right_ones(std::span<const Outcome> outcomes, uint32_t limit);

  const CategoryMatches& matches_;
  std::array<double, Evaluation::kRecalls> wanted_;
  bool any_ = false;
  double first_score_ = 0;
  std::vector<double> precision_, scores_;  // of the right detections
};

}  // namespace data
