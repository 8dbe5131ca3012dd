// Random windows: TensorFlow's SampleDistortedBoundingBox and the crops and paddings built on it.
#pragma once
#include "data/loading/labelled_boxes.h"
#include "engine/base/random.h"

namespace data {

// Integer pixels of an image.
struct PixelWindow {
  int y = 0, x = 0, height = 0, width = 0;
  friend bool operator==(const PixelWindow&, const PixelWindow&) = default;
};

// Which windows: one by CropOptions, or a family of SSD with its own parameters.
enum class CropKind { none, random, ssd, ssd_pad, ssd_fixed_aspect, ssd_pad_fixed_aspect };

struct CropOptions {
  CropKind kind = CropKind::random;
  double min_object_covered = 0;             // of at least one object
  double aspect_min = 0.75, aspect_max = 3;  // width / height in pixels
  double area_min = 0.75, area_max = 1;      // of the image's area
  double overlap_threshold = 0;              // boxes with a smaller part inside leave
  bool clip_boxes = true;
  double random_coef = 0;  // probability of leaving the image whole
};

// The rectangle that a crop keeps of a picture, laid on a canvas that may be larger.
struct Placement {
  PixelWindow crop;             // of the (flipped) picture
  int height = 0, width = 0;    // canvas
  int y = 0, x = 0;             // of the crop on the canvas
  bool fill_with_mean = false;  // canvas beside the crop: mean colour of the crop; else black
};

struct PictureSize {
  int height, width;
};

// One attempt at a window of the given aspect; false when its area or sides do not fit.
bool try_window(PictureSize picture, const CropOptions& options, base::RandomSequence& random,
                PixelWindow& window);

// Up to 100 attempts; the whole picture when all fail.
PixelWindow sample_window(PictureSize picture, const LabelledBoxes& boxes,
                          const CropOptions& options, base::RandomSequence& random);

// Random crop of picture and boxes, whatever options.kind says.
Placement random_crop(PictureSize picture, const CropOptions& options, base::RandomSequence& random,
                      LabelledBoxes& boxes);

// The ssd_random_crop family with its default parameter sets; aspect 1 where it is fixed. `kind` is
// one of the ssd's.
Placement ssd_random_crop(CropKind kind, PictureSize picture, base::RandomSequence& random,
                          LabelledBoxes& boxes);

}  // namespace data
