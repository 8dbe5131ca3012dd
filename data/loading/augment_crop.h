// Random crops of a picture: TensorFlow's SampleDistortedBoundingBox, and the crops and paddings of
// its Object Detection API that are built on it.
#pragma once
#include "data/loading/labelled_boxes.h"
#include "engine/base/random.h"

namespace data {

// A rectangle of whole pixels of a picture. (y, x) is its left top corner.
struct PixelWindow {
  int y = 0, x = 0, height = 0, width = 0;
  friend bool operator==(const PixelWindow&, const PixelWindow&) = default;
};

// The kinds of crop: `random` follows CropOptions, and the last four are the ssd_random_crop
// family, which has parameters of its own.
enum class CropKind { none, random, ssd, ssd_pad, ssd_fixed_aspect, ssd_pad_fixed_aspect };

struct CropOptions {
  CropKind kind = CropKind::random;
  double min_object_covered = 0;             // the part of at least one object that must be inside
  double aspect_min = 0.75, aspect_max = 3;  // width / height in pixels
  double area_min = 0.75, area_max = 1;      // as a part of the picture's area
  double overlap_threshold = 0;              // a box with a smaller part inside is removed
  bool clip_boxes = true;                    // whether boxes are cut at the crop's border
  double random_coef = 0;                    // probability that the picture stays whole
};

// The part of a picture that a crop keeps, and where it lies on a canvas that may be larger.
struct Placement {
  PixelWindow crop;             // of the picture after the flip
  int height = 0, width = 0;    // of the canvas
  int y = 0, x = 0;             // of the crop on the canvas
  bool fill_with_mean = false;  // fills the rest with the crop's mean colour instead of black
};

struct PictureSize {
  int height, width;
};

// Draws one window at random, with aspect and area in the options' ranges. Returns false if the
// draw does not fit into the picture or into the range of areas.
bool try_window(PictureSize picture, const CropOptions& options, base::RandomSequence& random,
                PixelWindow& window);

// Draws up to 100 windows. Returns the first that fits and covers at least min_object_covered of an
// object, or the whole picture if there is none.
PixelWindow sample_window(PictureSize picture, const LabelledBoxes& boxes,
                          const CropOptions& options, base::RandomSequence& random);

// Crops a picture of that size and its boxes at random. It does not read options.kind.
Placement random_crop(PictureSize picture, const CropOptions& options, base::RandomSequence& random,
                      LabelledBoxes& boxes);

// Crops as the function of the ssd_random_crop family that `kind` names does, with its default
// parameters. The kinds with a fixed aspect make a square.
Placement ssd_random_crop(CropKind kind, PictureSize picture, base::RandomSequence& random,
                          LabelledBoxes& boxes);

}  // namespace data
