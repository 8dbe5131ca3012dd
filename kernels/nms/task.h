// What the search of rounds.h is given, and where it works. Included by .cu files only.
#pragma once
#include <bit>

#include "kernels/boxes.h"

namespace kernels {

constexpr int32_t kNotFinite = INT32_MAX, kNoRow = INT32_MIN;

// Integers that have the order of the floats.
HD int32_t float_order(float x) {
  int32_t bits = std::bit_cast<int32_t>(x);
  return bits ^ (bits >> 31 & 0x7fffffff);
}
HD float from_float_order(int32_t order) {
  return std::bit_cast<float>(order ^ (order >> 31 & 0x7fffffff));
}
HD bool is_finite(float x) { return (std::bit_cast<uint32_t>(x) & 0x7f800000) != 0x7f800000; }

// Where one image's search lies in the workspace.
struct NmsMemory {
  int32_t *row_order, *active;  // [anchors]: best value of an anchor; anchors above floor
  Box* taken;                   // every box taken so far, upright
  int32_t *next_taken, *last_taken,
      *count;  // per box: earlier one of its group; per group: latest; per class: how many
};

struct NmsTask {  // what does not depend on the source of scores
  const Box* boxes;
  const Box* windows;     // per image, or null
  const uint8_t* wanted;  // per class, or null
  int boxes_per_anchor;
  int anchors, classes;
  float score_threshold, iou_threshold;
  int max_per_class, max_total;
  bool clips, change_frame, agnostic;
  Box window;
  char* workspace;
  int64_t bytes_per_image;
  Box* out_boxes;
  float* out_scores;
  int32_t *out_classes, *out_anchors, *out_counts, *out_status;
};

}  // namespace kernels
