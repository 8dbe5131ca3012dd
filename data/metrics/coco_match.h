// Which detections of one category are right, for every IoU threshold and object size.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/metrics/coco_eval.h"

namespace data {

struct TruthBox {
  uint32_t image;  // rank of the image's id
  bool crowd, never_found;
  double x, y, width, height, area;
};

struct ScoredBox {
  uint32_t image;
  uint32_t rank;  // among the image's detections of this category
  double x, y, width, height, score;
};

enum class Outcome : uint8_t { ignored, right, wrong };

struct CategoryMatches {
  // By descending score; equal ones by image, then as listed.
  std::vector<double> scores;
  std::vector<uint32_t> ranks;
  std::vector<Outcome> outcomes;                         // [area, threshold, detection]
  std::array<int64_t, Evaluation::kAreas> objects = {};  // that count, per area

  std::span<const Outcome> outcomes_of(int area, int threshold) const {
    size_t row = area * Evaluation::kThresholds + threshold;
    return {outcomes.data() + row * scores.size(), scores.size()};
  }
};

// Objects in ascending image order; detections in any. Keeps the best `limit` detections per image.
CategoryMatches match_category(std::span<const TruthBox> objects, std::vector<ScoredBox> detections,
                               uint32_t limit);

}  // namespace data
