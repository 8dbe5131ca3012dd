// Detections from predictions: exact multi-class non-maximum suppression over a batch.
//
// Each class is treated by itself. Its boxes with a score above score_threshold are looked at in
// falling order of score, the lower anchor first among equals. A box is taken unless its IoU with a
// box already taken exceeds iou_threshold, until max_per_class are taken. The IoU is that of the
// unclipped boxes, and 0 if either has no area.
//
// If the suppression is class-agnostic, the boxes of all classes are looked at in one such order
// (the lower class first among equals), and a box of any class suppresses those behind it.
//
// The taken boxes of all classes are then sorted by falling score (among equals the lower class
// first, then the order of taking) and clipped to the window. Those without area are removed, and
// the first max_total remain.
#pragma once
#include <optional>
#include <vector>

#include "kernels/boxes.h"
#include "kernels/queue.h"

namespace kernels {

struct NmsOptions {
  double score_threshold = 1e-8, iou_threshold = 0.6;  // rounded to float, as the scores
  int max_per_class = 100, max_total = 100;
  std::optional<Box> window = Box{0, 0, 1, 1};  // if empty, nothing is clipped or removed
  bool change_frame = false;  // whether results have coordinates in which the window is 0, 0, 1, 1
  bool agnostic = false;      // whether boxes of other classes suppress, too
};

// One entry per image. Rows after the count are 0.
struct Detections {
  View boxes;    // [images, max_total, 4] f32
  View scores;   // [images, max_total] f32
  View classes;  // [images, max_total] i32, from 0
  View anchors;  // [images, max_total] i32: index of the anchor, or of the box in ScoredBoxes
  View counts;   // [images] i32
  View status;   // [images] i32: 0, or 1 if an input is NaN or infinite; then the count is 0
};

// What a network predicts, per feature map: logits [images, height, width, cell * columns], where
// column 0 is the background's, and box codes [images, height, width, cell * 4]. All have one
// dtype, which may be any floating-point one.
struct Predictions {
  struct Level {
    View logits, codes;
  };
  std::vector<Level> levels;  // at most 8, in the anchors' order
  View anchors;               // [anchors, 4] f32
  int columns = 0;            // classes and the background's
  CodeScales scales;
  View wanted{};  // [classes] u8: 0 leaves a class out; if empty, all classes count
};

// Boxes with scores. Each class may have boxes of its own.
struct ScoredBoxes {
  View boxes;     // [images, boxes, 1 or classes, 4] f32
  View scores;    // [images, boxes, classes] f32
  View windows;   // [images, 4] f32: in place of NmsOptions::window; or empty
  View valid;     // [images] i32: how many of an image's boxes count, or empty for all
  View wanted{};  // [classes] u8, as above
};

// Bytes of workspace for either function.
int64_t nms_workspace(const Predictions&, const NmsOptions&);
int64_t nms_workspace(const ScoredBoxes&, const NmsOptions&);

// `detect` decodes the boxes and takes score = sigmoid(logit). Both functions compute in float,
// also for predictions in f64.
void detect(Queue, const Predictions&, const NmsOptions&, View workspace, const Detections&);
void multiclass_nms(Queue, const ScoredBoxes&, const NmsOptions&, View workspace,
                    const Detections&);

}  // namespace kernels
