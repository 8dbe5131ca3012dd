// Chooses the augmentation of one training image at random: a flip, then a crop, then changes of
// colour. The choice depends on (seed, epoch, image) alone, not on threads or on other images.
#pragma once
#include "data/image/picture.h"
#include "data/loading/augment_crop.h"
#include "engine/base/interval.h"
#include "kernels/image.h"

namespace data {

// The ranges of the options. The configuration's keys take them from here.
namespace limits {
inline constexpr base::Interval part = base::between(0, 1);  // of probabilities and parts of a box
inline constexpr base::Interval crop_aspect = base::between(0.001, 1000);
inline constexpr base::Interval crop_area = base::between(0.001, 1);
inline constexpr base::Interval hue = base::between(0, 0.5), colour_factor = base::between(0, 10);
}  // namespace limits

enum class ColourOrder { brightness_saturation_hue_contrast, brightness_contrast_saturation_hue };

// TensorFlow's random_distort_color. With the probability `probability`, all four operations are
// applied, in this order; otherwise none of them. Each draws its value from a uniform distribution.
struct ColourOptions {
  double probability = 0;
  double brightness = 32.0 / 255, hue = 0.2;  // both draw from -x .. x
  double contrast_low = 0.5, contrast_high = 1.5;
  double saturation_low = 0.5, saturation_high = 1.5;
  ColourOrder order = ColourOrder::brightness_saturation_hue_contrast;
};

struct AugmentOptions {
  double flip_probability = 0.5;
  CropOptions crop;
  ColourOptions colour;
};
// The options without any augmentation, for evaluation.
AugmentOptions no_augmentation();

// Throws Error(usage) if an option is out of range, or if a lower bound exceeds its upper bound.
void check(const AugmentOptions& options);

struct ImageTransform {
  bool flip = false;  // comes first, so the crop lies in the flipped picture
  Placement placement;
  std::vector<kernels::ColourStep> colour;  // contrast steps do not have their means yet
};

struct SampleKey {
  uint64_t seed = 0;
  int64_t epoch = 0;
  int64_t image = 0;  // index in the data set, below 2^32
};

// Each use of random numbers has a sequence of its own, so that one does not change the others.
enum class Purpose : uint64_t { order = 1, flip, crop, ssd_crop, colour };
base::RandomSequence random_for(const SampleKey& key, Purpose purpose);

// Chooses a transform for a picture of that size and applies it to `boxes`. Boxes that leave the
// crop are removed.
ImageTransform draw_transform(const AugmentOptions& options, const SampleKey& key,
                              PictureSize picture, LabelledBoxes& boxes);

// Chooses the colour steps of an image, in order. It returns none with probability 1 - probability.
std::vector<kernels::ColourStep> draw_colours(const ColourOptions& options,
                                              base::RandomSequence& random);

// The mean of each channel over the window `source` of the picture, in 0..255.
struct ChannelMeans {
  float at[3];
};
ChannelMeans mean_colour(const Picture& image, const PixelWindow& source);

// Fills in the means of the contrast steps. A step needs the mean over the canvas after the steps
// before it. `source` is the crop in the stored picture, which is not flipped.
void measure_contrast(const Picture& image, const PixelWindow& source,
                      kernels::StagedImage& staged);

}  // namespace data
