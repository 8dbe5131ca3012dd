// Detections from predictions: exact multi-class non-maximum suppression over a batch.
//
// For every class by itself, boxes of a score above score_threshold are taken in falling order of
// score, the lower anchor first among equals, unless their IoU with a box already taken exceeds
// iou_threshold; at most max_per_class are taken. IoU is of the unclipped boxes, 0 if either has no
// area. The taken boxes of all classes are then put in falling order of score (among equals the
// lower class first, then the order of taking), clipped to the window; those left without area are
// removed, and the first max_total remain.
#pragma once
#include <optional>
#include <vector>

#include "kernels/boxes.h"
#include "kernels/queue.h"

namespace kernels {

struct NmsOptions {
  double score_threshold = 1e-8, iou_threshold = 0.6;  // rounded to float, as the scores
  int max_per_class = 100, max_total = 100;
  std::optional<Box> window = Box{0, 0, 1, 1};  // none: neither clips nor removes
  bool change_frame = false;                    // true: boxes relative to their window
};

// One entry per image; rows after the count are 0.
struct Detections {
  View boxes;    // [images, max_total, 4] f32
  View scores;   // [images, max_total] f32
  View classes;  // [images, max_total] i32, from 0
  View anchors;  // [images, max_total] i32: which box it was
  View counts;   // [images] i32
  View status;   // [images] i32: 0, or 1 if an input is NaN or infinite; then the count is 0
};

// What a network predicts, per feature map: [images, height, width, cell * columns] logits, column
// 0 being background, and [images, height, width, cell * 4] box codes of any dtype, one for all.
struct Predictions {
  struct Level {
    View logits, codes;
  };
  std::vector<Level> levels;  // at most 8, in the anchors' order
  View anchors;               // [anchors, 4] f32
  int columns = 0;            // classes and the background's
  CodeScales scales;
};

// Boxes with scores. Boxes may differ per class.
struct ScoredBoxes {
  View boxes;    // [images, boxes, 1 or classes, 4] f32
  View scores;   // [images, boxes, classes] f32
  View windows;  // [images, 4] f32: instead of the option, or empty
  View valid;    // [images] i32: how many of an image's boxes count, or empty for all
};

// Bytes of workspace for either function.
int64_t nms_workspace(const Predictions&, const NmsOptions&);
int64_t nms_workspace(const ScoredBoxes&, const NmsOptions&);

// score = sigmoid(logit). Works in float, also for double predictions.
void detect(Queue, const Predictions&, const NmsOptions&, View workspace, const Detections&);
void multiclass_nms(Queue, const ScoredBoxes&, const NmsOptions&, View workspace,
                    const Detections&);

}  // namespace kernels
