// Which classes a detector takes for which, at one IoU and one score threshold.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/metrics/box_matches.h"

namespace data {

struct ImageCount {
  int64_t right = 0, wrong = 0, missed = 0;
  // 2 right / (2 right + wrong + missed), or 1 if there is nothing to find and nothing was found.
  double f1() const {
    const int64_t all = 2 * right + wrong + missed;
    return all > 0 ? 2 * double(right) / double(all) : 1;
  }
};

// Counts of boxes. A row is the class of an object and a column the class that was detected, both
// as indices into Dataset::categories. The last row is the background, where a detection finds no
// object; the last column is that of missed objects.
struct Confusion {
  size_t classes = 0;
  std::vector<int64_t> counts;     // [classes + 1, classes + 1]
  std::vector<ImageCount> images;  // by image
  std::vector<int64_t> mistaken;  // by detection: the object of another class that it covers, or -1
  std::vector<bool> found;        // by object: whether a detection of its class found it
  int64_t at(size_t truth, size_t detected) const {
    return counts[truth * (classes + 1) + detected];
  }
  int64_t row_sum(size_t truth) const;
};

// Takes the detections with a score of at least `score`. Those that are right in `matches` are
// right. Each of the others, the best first, covers the free object of another class with which it
// has the highest IoU of `rule.iou` or more. Crowd regions and ignored detections do not count.
Confusion count_confusion(const Dataset& truth, std::span<const Detection> detections,
                          std::span<const BoxMatch> matches, double score,
                          const MatchRule& rule = {});

}  // namespace data
