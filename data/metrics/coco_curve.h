// Makes curves of precision over recall from the ranked outcomes of a category.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/metrics/coco_match.h"

namespace data {

// The curve of one category, IoU threshold, range of areas and limit. The arrays hold the values at
// recall_thresholds(), or 0 where that recall is not reached.
struct Curve {
  double recall = 0;  // that all detections together reach
  std::array<double, Evaluation::kRecalls> precision = {}, scores = {};
};

// Makes the curves of one category. It reuses its memory from curve to curve.
class CurveMaker {
 public:
  explicit CurveMaker(const CategoryMatches& matches)
      : matches_(matches), wanted_(recall_thresholds()) {}

  // `area` and `threshold` are indices, as in Evaluation. There must be objects of that area. Of
  // each image only the best `limit` detections count.
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
