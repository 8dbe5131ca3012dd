// Decides which detections of one category are right, for every IoU threshold and range of areas.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/metrics/coco_eval.h"

namespace data {

struct TruthBox {
  uint32_t image;                    // rank of the image's id
  bool crowd, never_found;           // see EvaluationOptions::id_zero_is_missed
  double x, y, width, height, area;  // pixels
};

struct ScoredBox {
  uint32_t image;  // rank of the image's id
  uint32_t rank;   // among the image's detections of this category, the best being 0
  double x, y, width, height, score;  // pixels
};

enum class Outcome : uint8_t { ignored, right, wrong };

struct CategoryMatches {
  // The detections in descending order of their scores. Those with equal scores are in the order of
  // their images, and within an image as listed.
  std::vector<double> scores;
  std::vector<uint32_t> ranks;
  std::vector<Outcome> outcomes;                         // [area, threshold, detection]
  std::array<int64_t, Evaluation::kAreas> objects = {};  // that are not ignored, per area

  std::span<const Outcome> outcomes_of(int area, int threshold) const {
    size_t row = area * Evaluation::kThresholds + threshold;
    return {outcomes.data() + row * scores.size(), scores.size()};
  }
};

// Matches the detections of each image with its objects, the best detection first. `objects` are in
// ascending order of their images; detections may have any order. Only the best `limit` detections
// of an image are kept.
CategoryMatches match_category(std::span<const TruthBox> objects, std::vector<ScoredBox> detections,
                               uint32_t limit);

}  // namespace data
