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
  double overlap_threshold = 0;              // boxes of which a smaller part is inside leave
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

// Draws one window of the given aspect. False if its area or sides do not fit.
bool try_window(PictureSize picture, const CropOptions& options, base::RandomSequence& random,
                PixelWindow& window);

// Draws up to 100 windows; returns the whole picture if none fits.
PixelWindow sample_window(PictureSize picture, const LabelledBoxes& boxes,
                          const CropOptions& options, base::RandomSequence& random);

// Crops picture and boxes at random. options.kind is not read.
Placement random_crop(PictureSize picture, const CropOptions& options, base::RandomSequence& random,
                      LabelledBoxes& boxes);

// The ssd_random_crop family with its default parameter sets. If `kind`, which is one of the ssd's,
// fixes the aspect, it is 1.
Placement ssd_random_crop(CropKind kind, PictureSize picture, base::RandomSequence& random,
                          LabelledBoxes& boxes);

}  // namespace data
