// Says of each detection whether it is right at one IoU, and which object it found, for reports.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "data/metrics/coco_match.h"
#include "data/metrics/detections.h"

namespace data {

struct BoxMatch {
  Outcome outcome = Outcome::wrong;
  int64_t object = -1;  // index into Dataset::objects, of the object that a right detection found
  int64_t image = 0;    // index into Dataset::images
  double iou = 0;       // with that object
};

struct MatchRule {
  double iou = 0.5;      // least IoU of a detection with its object
  uint32_t limit = 100;  // per image and category; detections after the best ones are ignored
};

// Matches as COCO does: in each image and category the best detection comes first, and takes the
// free object with the highest IoU. A detection that takes none, but lies in a crowd region, is
// ignored. One match per detection, in their order. Every image and category has to be known.
std::vector<BoxMatch> match_boxes(const Dataset& truth, std::span<const Detection> detections,
                                  const MatchRule& rule = {});

// Counts of the detections with a score of at least `score`, over all classes.
struct OperatingPoint {
  double score = 0;
  int64_t right = 0, wrong = 0, objects = 0;  // objects are those that count, without crowds
  double precision() const { return right + wrong > 0 ? double(right) / double(right + wrong) : 1; }
  double recall() const { return objects > 0 ? double(right) / double(objects) : 0; }
  double f1() const {
    const int64_t all = right + wrong + objects;
    return all > 0 ? 2 * double(right) / double(all) : 0;
  }
};

// The points at the scores 0, 0.01, ..., 1 or, if there are scores outside 0..1, at 101 scores from
// the least to the highest.
std::vector<OperatingPoint> operating_points(const Dataset& truth,
                                             std::span<const Detection> detections,
                                             std::span<const BoxMatch> matches);
// The point with the highest F1, and the middle one if neighbours share it.
OperatingPoint best_point(std::span<const OperatingPoint> points);

}  // namespace data
