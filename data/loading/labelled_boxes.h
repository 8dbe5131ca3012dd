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

enum class CrowdPolicy { train, ignore };         // ignore: crowd boxes are left out
enum class OvershootPolicy { drop, clip, keep };  // of boxes with x + w > W or y + h > H

struct GroundTruthOptions {
  CrowdPolicy crowd = CrowdPolicy::train;
  OvershootPolicy overshoot = OvershootPolicy::drop;
  // Class column (1..C) of each index into Dataset::categories; -1: not trained.
  std::vector<int> class_columns;
};

// Boxes of an image in file order. Without area, not finite, or of an untrained class: left out.
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
