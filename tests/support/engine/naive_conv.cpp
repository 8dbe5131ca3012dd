#include "tests/support/engine/naive_conv.h"

#include <cmath>

#include <algorithm>

namespace tests {
namespace {

// Calls f(x index, weight index, y index) for every product that is not with padding.
template <class F> void each_product(const engine::ConvShape& s, F f) {
  for (int64_t i = 0; i < s.y_shape().size(); ++i) {
    int k = int(i % s.out_channels), column = int(i / s.out_channels % s.out_width());
    int row = int(i / s.out_channels / s.out_width() % s.out_height());
    int64_t image = i / s.out_channels / s.out_width() / s.out_height();
    for (int a = 0; a < s.kernel; ++a)
      for (int b = 0; b < s.kernel; ++b) {
        int r = row * s.stride + a - s.pad.top, q = column * s.stride + b - s.pad.left;
        if (r < 0 || q < 0 || r >= s.height || q >= s.width) continue;
        for (int c = 0; c < s.in_channels; ++c)
          f(((image * s.height + r) * s.width + q) * s.in_channels + c,
            ((int64_t(k) * s.kernel + a) * s.kernel + b) * s.in_channels + c, i);
      }
  }
}

}  // namespace

double activated(engine::Activation activation, double v) {
  if (activation == engine::Activation::none) return v;
  return activation == engine::Activation::relu ? std::max(v, 0.0)
                                                : std::min(std::max(v, 0.0), 6.0);
}

Values naive_forward(const engine::ConvShape& s, const std::vector<Values>& in) {
  Values y(size_t(s.y_shape().size()));
  each_product(s, [&](int64_t x, int64_t w, int64_t i) {
    y[size_t(i)] += in[0][size_t(x)] * in[1][size_t(w)];
  });
  for (size_t i = 0; i < y.size(); ++i) {
    if (s.forward.bias) y[i] += in[2][i % size_t(s.out_channels)];
    if (s.forward.residual) y[i] += in.back()[i];
    y[i] = activated(s.forward.activation, y[i]);
  }
  return y;
}

Values naive_batch_norm(Values x, const Values& gamma, const Values& beta, double epsilon) {
  const size_t channels = gamma.size();
  const double n = double(x.size() / channels);
  Values mean(channels), variance(channels);
  for (size_t i = 0; i < x.size(); ++i) mean[i % channels] += x[i] / n;
  for (size_t i = 0; i < x.size(); ++i)
    variance[i % channels] += std::pow(x[i] - mean[i % channels], 2) / n;
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = i % channels;
    x[i] = gamma[c] * (x[i] - mean[c]) / std::sqrt(variance[c] + epsilon) + beta[c];
  }
  return x;
}

}  // namespace tests
