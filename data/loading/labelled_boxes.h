// The objects of one image on their way to a batch: normalised boxes with class column and weight.
#pragma once
#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace data {

struct LabelledBox {
  float ymin = 0, xmin = 0, ymax = 0, xmax = 0;  // 0..1 of the image
  int32_t label = 0;                             // class column, from 1
  float weight = 1;
};
using LabelledBoxes = std::vector<LabelledBox>;

// A part of the image in its normalised coordinates; may reach outside.
struct BoxWindow {
  float ymin = 0, xmin = 0, ymax = 1, xmax = 1;
};

enum class CrowdPolicy { train, ignore };  // ignore: crowd boxes are left out
// Of boxes that reach 1 px or more past the border. drop: those with x + w > W or y + h > H are
// left out (the reference does not look at x < 0 and y < 0); clip: cut at the border. By less than
// a pixel, as rounding makes it, a box is cut under either.
enum class OvershootPolicy { drop, clip };

struct GroundTruthOptions {
  CrowdPolicy crowd = CrowdPolicy::train;
  OvershootPolicy overshoot = OvershootPolicy::drop;
  // Class column (1..C) of each index into Dataset::categories; -1: not trained.
  std::vector<int> class_columns;
};

// Whether an object is trained on, and if not, why.
enum class LabelFate {
  trained,
  crowd,  // under CrowdPolicy::ignore
  unknown_class,
  not_finite,
  negative_side,  // as of swapped corners
  no_area,
  outside,      // no part of it is in the image
  past_border,  // under OvershootPolicy::drop
  beyond_max_boxes,
};
inline constexpr int kLabelFates = static_cast<int>(LabelFate::beyond_max_boxes) + 1;

struct Label {
  LabelFate fate = LabelFate::trained;
  bool cut = false;  // at the border
  LabelledBox box;   // of a trained one
};
// One object by itself, without its place in the image's list. Pure.
Label label_of(const Object& object, const ImageEntry& image, const GroundTruthOptions& options);

// Boxes of an image that are trained on, in file order.
LabelledBoxes ground_truth(const Dataset& dataset, const ImageEntry& image,
                           const GroundTruthOptions& options);

// xmin, xmax become 1 - xmax, 1 - xmin.
void flip_left_right(LabelledBoxes& boxes);

// Coordinates relative to the window.
void reframe(LabelledBoxes& boxes, const BoxWindow& window);

// Strict crop of TensorFlow's Object Detection API: boxes completely outside leave (touching is
// outside), then those of which less than overlap_threshold lies inside (a box without area always
// leaves); the rest is reframed, and clipped to 0..1 when asked.
void crop_boxes(LabelledBoxes& boxes, const BoxWindow& window, float overlap_threshold, bool clip);

// Rows of a fixed-size table: the first max_boxes are kept; absent rows have label and weight 0.
// boxes: max_boxes * 4 as ymin, xmin, ymax, xmax. Returns the number of rows filled.
struct BoxTable {
  float* boxes;
  int32_t* labels;
  float* weights;
  int max_boxes;
};
int pad_or_clip(const LabelledBoxes& boxes, const BoxTable& table);

}  // namespace data
