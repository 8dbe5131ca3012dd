// The objects of one image as training uses them: normalised boxes with class column and weight.
#pragma once
#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace data {

struct LabelledBox {
  float ymin = 0, xmin = 0, ymax = 0, xmax = 0;  // as fractions of the image
  int32_t label = 0;                             // class column, from 1
  float weight = 1;
};
using LabelledBoxes = std::vector<LabelledBox>;

// A rectangle in the image's normalised coordinates. It may reach beyond the image.
struct BoxWindow {
  float ymin = 0, xmin = 0, ymax = 1, xmax = 1;
};

enum class CrowdPolicy { train, ignore };  // `ignore` leaves crowd boxes out
// What to do with boxes that reach past the border of their image by 1 pixel or more. `drop` leaves
// them out if they do so at the right or at the bottom (the original does not look at the left and
// the top), and `clip` cuts them at the border. Boxes that reach past it by less than a pixel, as
// rounding causes, are always cut.
enum class OvershootPolicy { drop, clip };
inline constexpr double kRoundingPixels = 1;

struct GroundTruthOptions {
  CrowdPolicy crowd = CrowdPolicy::train;
  OvershootPolicy overshoot = OvershootPolicy::drop;
  // For each entry of Dataset::categories its class column, from 1, or -1 if the model lacks it.
  std::vector<int> class_columns;
};

// Whether an object takes part in training, and if not, why.
enum class LabelFate {
  trained,
  crowd,          // left out by CrowdPolicy::ignore
  unknown_class,  // the model lacks its class
  not_finite,
  negative_side,  // its corners may be swapped
  no_area,
  outside,      // no part of it is in the image
  past_border,  // left out by OvershootPolicy::drop
  beyond_max_boxes,
};
inline constexpr int kLabelFates = static_cast<int>(LabelFate::beyond_max_boxes) + 1;

struct JudgedLabel {
  LabelFate fate = LabelFate::trained;
  bool cut = false;     // whether the box is cut at the border
  bool beyond = false;  // whether it is trained although a part of it lies past the border
  LabelledBox box;      // if it is trained
};
// Decides about one object. It does not count the objects of the image, so the fate is never
// beyond_max_boxes.
JudgedLabel label_of(const Object& object, const ImageEntry& image,
                     const GroundTruthOptions& options);

// Whether a side is above 0 and below 1 pixel of the image, by more than rounding.
bool is_tiny(const Object& object);

// The boxes of an image that take part in training, in file order.
LabelledBoxes ground_truth(const Dataset& dataset, const ImageEntry& image,
                           const GroundTruthOptions& options);

// Mirrors the boxes: xmin, xmax become 1 - xmax, 1 - xmin.
void flip_left_right(LabelledBoxes& boxes);

// Makes the coordinates relative to the window.
void reframe(LabelledBoxes& boxes, const BoxWindow& window);

// Crops boxes as TensorFlow's Object Detection API does in a strict random crop. It removes a box
// that lies outside of the window (also if it only touches it), that has no area, or of which less
// than overlap_threshold of the area is inside. The others are reframed and, if `clip`, cut to
// 0..1.
void crop_boxes(LabelledBoxes& boxes, const BoxWindow& window, float overlap_threshold, bool clip);

// Writes boxes into a table of fixed size. The first max_boxes are kept. Rows without a box have
// label and weight 0. Returns the number of rows filled.
struct BoxTable {
  float* boxes;     // [max_boxes, 4]: ymin, xmin, ymax, xmax
  int32_t* labels;  // [max_boxes]
  float* weights;   // [max_boxes]
  int max_boxes;
};
int pad_or_clip(const LabelledBoxes& boxes, const BoxTable& table);

}  // namespace data
