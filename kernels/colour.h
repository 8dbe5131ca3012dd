// Colour operations on one RGB pixel of 0..255, as TensorFlow's Object Detection API applies them.
// Every operation divides by 255, computes, multiplies by 255, and clips to 0..255.
#pragma once
#include "kernels/view.h"

namespace kernels {

enum class ColourOp : int32_t {
  brightness,  // x + value
  contrast,    // (x - mean) * value + mean, mean of the channel over the image
  hue,         // value is added to the hue, in turns
  saturation,  // the saturation is multiplied by value
};

struct ColourStep {
  ColourOp op = ColourOp::brightness;
  float value = 0;
  float mean[3] = {};  // contrast only: per channel, of values in 0..1
};

constexpr int kMaxColourSteps = 8;

template <class A> HD A clamp(A x, A low, A high) { return x < low ? low : x > high ? high : x; }

// rgb in 0..1 to hue, saturation, value in 0..1. Grey has hue 0.
template <class A> HD void rgb_to_hsv(const A* rgb, A* hsv) {
  A r = rgb[0], g = rgb[1], b = rgb[2];
  A high = r > g ? r : g, low = r > g ? g : r;
  high = high > b ? high : b, low = low < b ? low : b;
  A range = high - low, hue = 0;
  if (range > 0) {
    A sixth = A(1) / (A(6) * range);
    if (r == high)
      hue = sixth * (g - b);
    else if (g == high)
      hue = sixth * (b - r) + A(2) / A(6);
    else
      hue = sixth * (r - g) + A(4) / A(6);
    if (hue < 0) hue = hue + A(1);
  }
  hsv[0] = hue, hsv[1] = high > 0 ? range / high : A(0), hsv[2] = high;
}

template <class A> HD void hsv_to_rgb(const A* hsv, A* rgb) {
  A sector = hsv[0] * A(6), saturation = hsv[1], value = hsv[2];
  auto distance = [sector](A centre) {
    return sector > centre ? sector - centre : centre - sector;
  };
  A pure[3] = {distance(A(3)) - A(1), A(2) - distance(A(2)), A(2) - distance(A(4))};
  for (int c = 0; c < 3; ++c)
    rgb[c] = (A(1) - saturation + saturation * clamp(pure[c], A(0), A(1))) * value;
}

// Applies one step to rgb in 0..255, in place.
template <class A> HD void apply_colour(const ColourStep& step, A* rgb) {
  A x[3] = {rgb[0] / A(255), rgb[1] / A(255), rgb[2] / A(255)}, value = step.value;
  if (step.op == ColourOp::brightness) {
    for (int c = 0; c < 3; ++c) x[c] = x[c] + value;
  } else if (step.op == ColourOp::contrast) {
    for (int c = 0; c < 3; ++c) x[c] = (x[c] - A(step.mean[c])) * value + A(step.mean[c]);
  } else {
    A hsv[3];
    rgb_to_hsv(x, hsv);
    if (step.op == ColourOp::hue) {
      A hue = hsv[0] + value;
      hue = hue - A(int(hue));
      hsv[0] = hue < 0 ? hue + A(1) : hue;
    } else {
      hsv[1] = clamp(hsv[1] * value, A(0), A(1));
    }
    hsv_to_rgb(hsv, x);
  }
  for (int c = 0; c < 3; ++c) rgb[c] = clamp(x[c] * A(255), A(0), A(255));
}

}  // namespace kernels
