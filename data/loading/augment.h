// Draws what happens to one training image: flip, then crop, then colours. Draws depend on
// (seed, epoch, image) alone, never on threads or on what other images drew.
#pragma once
#include "data/image/image.h"
#include "data/loading/augment_crop.h"
#include "engine/base/interval.h"
#include "kernels/image.h"

namespace data {

// What the options may be. The configuration's keys take their ranges from here.
namespace limits {
inline constexpr base::Interval part = base::between(0, 1);  // probabilities, parts of a box
inline constexpr base::Interval crop_aspect = base::between(0.001, 1000);
inline constexpr base::Interval crop_area = base::between(0.001, 1);
inline constexpr base::Interval hue = base::between(0, 0.5), colour_factor = base::between(0, 10);
}  // namespace limits

enum class ColourOrder { brightness_saturation_hue_contrast, brightness_contrast_saturation_hue };

// The original's random_distort_color: four operations in this order, or, with 1 - probability,
// none of them.
struct ColourOptions {
  double probability = 0;
  double brightness = 32.0 / 255, hue = 0.2;  // -x .. x
  double contrast_low = 0.5, contrast_high = 1.5;
  double saturation_low = 0.5, saturation_high = 1.5;
  ColourOrder order = ColourOrder::brightness_saturation_hue_contrast;
};

struct AugmentOptions {
  double flip_probability = 0.5;  // 0: never
  CropOptions crop;
  ColourOptions colour;
};
// No augmentation at all, as in evaluation.
AugmentOptions no_augmentation();

// Error(usage) for ranges that make no sense.
void check(const AugmentOptions& options);

struct ImageTransform {
  bool flip = false;  // first: the crop counts in the flipped picture
  Placement placement;
  std::vector<kernels::ColourStep> colour;  // means of contrast steps not yet known
};

struct SampleKey {
  uint64_t seed = 0;
  int64_t epoch = 0;
  int64_t image = 0;  // index in the data set, below 2^32
};

// What each stream of random numbers is for.
enum class Purpose : uint64_t { order = 1, flip, crop, ssd_crop, colour };
base::RandomSequence random_for(const SampleKey& key, Purpose purpose);

// Draws a transform and takes the boxes through it.
ImageTransform draw_transform(const AugmentOptions& options, const SampleKey& key,
                              PictureSize picture, LabelledBoxes& boxes);

// The colour steps of an image, in order.
std::vector<kernels::ColourStep> draw_colours(const ColourOptions& options,
                                              base::RandomSequence& random);

// Means per channel of the crop in 0..255. source_x: the crop's left column in the unflipped
// picture.
struct ChannelMeans {
  float at[3];
};
ChannelMeans mean_colour(const Image& image, const PixelWindow& source);

// Fills in the means of contrast steps: over the canvas, after the steps before.
void measure_contrast(const Image& image, const PixelWindow& source, kernels::StagedImage& staged);

}  // namespace data
