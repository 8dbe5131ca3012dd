// COCO's box metrics, number for number as COCOeval of pycocotools 2.0.11 computes them.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

struct EvaluationOptions {
  // Sizes of objects by width * height, as the original program evaluates, instead of by the
  // annotation's area, which is the area of its mask.
  bool reference_area = false;
  // pycocotools takes the annotation id 0 for "nothing found": an object with that id always counts
  // as missed. We do not, unless asked to.
  bool id_zero_is_missed = false;
  std::array<int, 3> max_detections = {1, 10, 100};  // per image and category, ascending
  int threads = 0;  // 0: one per core; the result is the same for any number
};

struct CategoryMetrics {
  int32_t category = 0;                           // index into Dataset::categories
  int64_t objects = 0, crowds = 0;                // objects do not include crowds
  int64_t detections = 0;                         // the best 100 of each image
  double ap = -1, ap50 = -1, ap75 = -1, ar = -1;  // -1 without objects; ar at 100 detections
};

// What evaluate() found. Arrays are laid out as pycocotools': a category's place is its rank by id.
struct Evaluation {
  static constexpr int kThresholds = 10, kRecalls = 101, kAreas = 4, kLimits = 3;
  enum Area { all, small, medium, large };

  std::array<double, 12> stats;   // in the order of metric_names(); -1 without objects
  std::vector<double> precision;  // [threshold, recall, category, area, limit]; -1: no objects
  std::vector<double> scores;     // same shape: the score at which that recall is reached
  std::vector<double> recall;     // [threshold, category, area, limit]
  std::vector<CategoryMetrics> categories;  // by ascending id
  int64_t images = 0, objects = 0, detections = 0;

  size_t curve_index(int threshold, int at_recall, size_t category, int area, int limit) const {
    size_t row = static_cast<size_t>(threshold) * kRecalls + at_recall;
    return ((row * categories.size() + category) * kAreas + area) * kLimits + limit;
  }
  size_t recall_index(int threshold, size_t category, int area, int limit) const {
    return ((threshold * categories.size() + category) * kAreas + area) * kLimits + limit;
  }
  // Precision at recall 0, 0.01, ... 1 for all sizes and 100 detections per image.
  std::array<double, kRecalls> curve(size_t category, int threshold) const;
};

// Detections in any order; equal scores rank as listed. Errors (data): a number of a detection or
// object that is not finite, an image_id or category that `truth` lacks, ids that occur twice, more
// than 10,000 categories.
Evaluation evaluate(const Dataset& truth, std::span<const Detection> detections,
                    const EvaluationOptions& options = {});

std::array<double, Evaluation::kThresholds> iou_thresholds();  // 0.5, 0.55, ... 0.95
std::array<double, Evaluation::kRecalls> recall_thresholds();  // 0, 0.01, ... 1
// "DetectionBoxes_Precision/mAP", ... "DetectionBoxes_Recall/AR@100 (large)".
const std::array<std::string, 12>& metric_names();

}  // namespace data
