// COCO's box metrics. All numbers are those that COCOeval of pycocotools 2.0.11 computes.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

struct EvaluationOptions {
  // Whether the size of an object is width * height, as in the original, instead of the
  // annotation's area, which is the area of its mask.
  bool reference_area = false;
  // Whether an object with the annotation id 0 always counts as missed. In pycocotools it does,
  // because there the id 0 stands for "nothing found".
  bool id_zero_is_missed = false;
  std::array<int, 3> max_detections = {1, 10, 100};  // per image and category, ascending
  int threads = 0;  // if 0, one per core; the result does not depend on it
  // Called after each category with the number of those that are done, and of all; by any thread.
  std::function<void(size_t, size_t)> progress = {};
};

struct CategoryMetrics {
  int32_t category = 0;                           // index into Dataset::categories
  int64_t objects = 0, crowds = 0;                // objects do not include crowds
  int64_t detections = 0;                         // the best 100 of each image
  double ap = -1, ap50 = -1, ap75 = -1, ar = -1;  // -1 if there are no objects; ar is AR@100
};

// The result of evaluate(). Arrays have the layout of pycocotools: the index of a category is its
// rank by id.
struct Evaluation {
  static constexpr int kThresholds = 10, kRecalls = 101, kAreas = 4, kLimits = 3;
  enum Area { all, small, medium, large };

  // All values are -1 if there are no objects.
  std::array<double, 12> stats;   // in the order of metric_names()
  std::vector<double> precision;  // [threshold, recall, category, area, limit]
  std::vector<double> scores;     // of the same shape: the score at which that recall is reached
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
  // The precision at recall 0, 0.01, ..., 1 for all areas and the largest limit.
  std::array<double, kRecalls> curve(size_t category, int threshold) const;
};

// Computes the metrics. Detections may have any order; those with equal scores rank as listed.
// Throws Error(data) if a number of a detection or an object is not finite, if `truth` lacks the
// image or the category of a detection, if an id of an image or a category occurs twice, or if
// there are more than 10,000 categories.
Evaluation evaluate(const Dataset& truth, std::span<const Detection> detections,
                    const EvaluationOptions& options = {});

std::array<double, Evaluation::kThresholds> iou_thresholds();  // 0.5, 0.55, ..., 0.95
std::array<double, Evaluation::kRecalls> recall_thresholds();  // 0, 0.01, ..., 1
// The names of Evaluation::stats in the original's logs, from "DetectionBoxes_Precision/mAP" to
// "DetectionBoxes_Recall/AR@100 (large)".
const std::array<std::string, 12>& metric_names();
// The index in these names and in Evaluation::stats of the metric that is `name` without its group,
// such as "mAP@.50IOU".
size_t metric_index(const std::string& name);

}  // namespace data
