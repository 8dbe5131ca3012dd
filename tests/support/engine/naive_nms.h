// Multi-class suppression as the definition says it: class after class, then a merge.
#pragma once
#include <vector>

#include "kernels/nms.h"
#include "tests/support/engine/device_arrays.h"

namespace tests {

struct NmsProblem {
  int images = 1, count = 0, classes = 1, boxes_per_anchor = 1;
  std::vector<kernels::Box> boxes;  // [images, count, boxes_per_anchor]
  std::vector<float> scores;        // [images, count, classes]
  std::vector<uint8_t> wanted{};    // [classes], or empty: all

  kernels::ScoredBoxes on(DeviceArrays&) const;
};

struct Detected {
  kernels::Box box;
  float score;
  int c, anchor;
  bool operator==(const Detected&) const = default;
};
using NmsImage = std::vector<Detected>;

// Room for the results of the kernels.
struct NmsOutput {
  NmsOutput(int images, int most);
  kernels::Detections on(DeviceArrays&);
  std::vector<NmsImage> images() const;  // throws if rows after the count are not 0
  int most;
  std::vector<kernels::Box> boxes;
  std::vector<float> scores;
  std::vector<int32_t> classes, anchors, counts, status;
};

// What the kernels find.
NmsOutput output_on(const std::string& device, const NmsProblem&, const kernels::NmsOptions&);
std::vector<NmsImage> naive_nms(const NmsProblem&, const kernels::NmsOptions&);

}  // namespace tests
