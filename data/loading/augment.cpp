#include "data/loading/augment.h"

#include "engine/base/error.h"

namespace data {

namespace {

using base::ExitCode;

void check_range(const char* name, double low, double high, const base::Interval& range) {
  if (!(range.contains(low) && range.contains(high) && low <= high))
    base::fail(ExitCode::usage, "augmentation: ", name, " from ", low, " to ", high,
               ", expected a rising range ", base::in_words(range));
}

void check_number(const char* name, double value, const base::Interval& range) {
  if (!range.contains(value))
    base::fail(ExitCode::usage, "augmentation: ", name, " is ", value, ", expected a number ",
               base::in_words(range));
}

void check_colour(const ColourOptions& c) {
  check_number("colour probability", c.probability, limits::part);
  check_number("colour brightness", c.brightness, limits::part);
  check_number("colour hue", c.hue, limits::hue);
  check_range("colour contrast", c.contrast_low, c.contrast_high, limits::colour_factor);
  check_range("colour saturation", c.saturation_low, c.saturation_high, limits::colour_factor);
}

}  // namespace

AugmentOptions no_augmentation() {
  return {.flip_probability = 0, .crop = {.kind = CropKind::none}};
}

void check(const AugmentOptions& options) {
  check_number("flip probability", options.flip_probability, limits::part);
  const CropOptions& crop = options.crop;
  check_range("crop aspect", crop.aspect_min, crop.aspect_max, limits::crop_aspect);
  check_range("crop area", crop.area_min, crop.area_max, limits::crop_area);
  check_number("crop min_object_covered", crop.min_object_covered, limits::part);
  check_number("crop overlap_threshold", crop.overlap_threshold, limits::part);
  check_number("crop random_coef", crop.random_coef, limits::part);
  check_colour(options.colour);
}

base::RandomSequence random_for(const SampleKey& key, Purpose purpose) {
  SSD_CHECK(key.image >= 0 && key.image >> 32 == 0, "image ", key.image);
  SSD_CHECK(key.epoch >= 0 && key.epoch >> 24 == 0, "epoch ", key.epoch);
  uint64_t stream = uint64_t(purpose) << 56 | uint64_t(key.epoch) << 32 | uint64_t(key.image);
  return {key.seed, stream};
}

ImageTransform draw_transform(const AugmentOptions& options, const SampleKey& key,
                              PictureSize picture, LabelledBoxes& boxes) {
  ImageTransform transform;
  if (options.flip_probability > 0)
    transform.flip =
        random_for(key, Purpose::flip).unit() > 1 - double(float(options.flip_probability));
  if (transform.flip) flip_left_right(boxes);

  PixelWindow whole{0, 0, picture.height, picture.width};
  transform.placement = {whole, picture.height, picture.width, 0, 0, false};
  if (options.crop.kind == CropKind::random) {
    base::RandomSequence random = random_for(key, Purpose::crop);
    transform.placement = random_crop(picture, options.crop, random, boxes);
  } else if (options.crop.kind != CropKind::none) {
    base::RandomSequence random = random_for(key, Purpose::ssd_crop);
    transform.placement = ssd_random_crop(options.crop.kind, picture, random, boxes);
  }
  base::RandomSequence random = random_for(key, Purpose::colour);
  transform.colour = draw_colours(options.colour, random);
  return transform;
}

}  // namespace data
