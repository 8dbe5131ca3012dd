#include "data/loading/augment.h"
#include "engine/base/error.h"

namespace data {

namespace {

using kernels::ColourOp, kernels::ColourStep, kernels::StagedImage;

struct Sums {
  double at[3] = {};
  void add(const float* rgb, double times) {
    for (int c = 0; c < 3; ++c) at[c] += double(rgb[c]) * times;
  }
};

void apply_steps(const StagedImage& staged, int count, float* rgb) {
  for (int i = 0; i < count; ++i) kernels::apply_colour(staged.colour[i], rgb);
}

const uint8_t* row_of(const Picture& image, const PixelWindow& source, int y) {
  return image.rgb.data() + 3 * (size_t(source.y + y) * size_t(image.width) + size_t(source.x));
}

// Mean per channel, in 0..255, of the canvas after the first `steps` colour steps.
ChannelMeans canvas_mean(const Picture& image, const PixelWindow& source, const StagedImage& staged,
                         int steps) {
  Sums total;
  for (int y = 0; y < source.height; ++y) {
    const uint8_t* row = row_of(image, source, y);
    for (int x = 0; x < source.width; ++x) {
      float rgb[3] = {float(row[3 * x]), float(row[3 * x + 1]), float(row[3 * x + 2])};
      apply_steps(staged, steps, rgb);
      total.add(rgb, 1);
    }
  }
  double canvas = double(staged.height) * staged.width;
  float fill[3] = {staged.fill[0], staged.fill[1], staged.fill[2]};
  apply_steps(staged, steps, fill);
  total.add(fill, canvas - double(source.height) * source.width);
  return {{float(total.at[0] / canvas), float(total.at[1] / canvas), float(total.at[2] / canvas)}};
}

}  // namespace

std::vector<ColourStep> draw_colours(const ColourOptions& d, base::RandomSequence& random) {
  std::vector<ColourStep> steps;
  auto draw = [&](ColourOp op, double low, double high) {
    steps.push_back({op, float(random.uniform(float(low), float(high)))});
  };
  const bool contrast_second = d.order == ColourOrder::brightness_contrast_saturation_hue;
  if (d.probability > 0 && random.unit() < double(float(d.probability))) {
    draw(ColourOp::brightness, -d.brightness, d.brightness);
    if (contrast_second) draw(ColourOp::contrast, d.contrast_low, d.contrast_high);
    draw(ColourOp::saturation, d.saturation_low, d.saturation_high);
    draw(ColourOp::hue, -d.hue, d.hue);
    if (!contrast_second) draw(ColourOp::contrast, d.contrast_low, d.contrast_high);
  }
  SSD_CHECK(steps.size() <= kernels::kMaxColourSteps, steps.size(), " colour steps");
  return steps;
}

ChannelMeans mean_colour(const Picture& image, const PixelWindow& source) {
  StagedImage plain;
  plain.height = source.height, plain.width = source.width;
  return canvas_mean(image, source, plain, 0);
}

void measure_contrast(const Picture& image, const PixelWindow& source, StagedImage& staged) {
  for (int i = 0; i < staged.colour_steps; ++i) {
    if (staged.colour[i].op != ColourOp::contrast) continue;
    ChannelMeans mean = canvas_mean(image, source, staged, i);
    for (int c = 0; c < 3; ++c) staged.colour[i].mean[c] = mean.at[c] / 255;
  }
}

}  // namespace data
