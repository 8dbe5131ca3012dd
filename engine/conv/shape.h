// The key of a convolution plan: the convolution's geometry, the pass, and what is fused to it.
#pragma once
#include <compare>
#include <string>

#include "engine/tensor.h"
#include "kernels/activation.h"

namespace engine {

using kernels::Activation;

// Pixels of zeros around an image.
struct Padding {
  int top = 0, left = 0, bottom = 0, right = 0;
  auto operator<=>(const Padding&) const = default;
};

// The sizes of a convolution. They are the same in all three passes. Activations x and y are NHWC,
// the weight is [out_channels, kernel, kernel, in_channels].
struct ConvGeometry {
  int images = 0, height = 0, width = 0, in_channels = 0, out_channels = 0;  // height, width: of x
  int kernel = 1, stride = 1;
  Padding pad;

  int out_height() const { return (height + pad.top + pad.bottom - kernel) / stride + 1; }
  int out_width() const { return (width + pad.left + pad.right - kernel) / stride + 1; }
  Shape x_shape() const { return {4, {images, height, width, in_channels}}; }
  Shape y_shape() const { return {4, {images, out_height(), out_width(), out_channels}}; }
  Shape weight_shape() const { return {4, {out_channels, kernel, kernel, in_channels}}; }
  // Multiply-accumulates of one pass. Products with padding are counted, too.
  int64_t macs() const { return y_shape().size() * kernel * kernel * in_channels; }
  auto operator<=>(const ConvGeometry&) const = default;
};

enum class ConvPass : uint8_t { forward, grad_input, grad_weight };

// y = activation(conv(x, weight) + bias + residual)
struct ForwardFusion {
  bool bias = false, residual = false;
  Activation activation = Activation::none;
  // The plan also writes the sums over all pixels of y and of y * y. Only where the three above are
  // off.
  bool statistics = false;
  auto operator<=>(const ForwardFusion&) const = default;
};

// Gradients that are sums of dx over all pixels. `bias`: dbeta = sum dx. `batch_norm`, where
// normalised = (x - mean) * inv_std: dbeta, and dgamma = sum dx * normalised.
enum class ChannelGrads : uint8_t { none, bias, batch_norm };

// dx = conv^T(dy, weight), and then, in this order:
struct GradInputFusion {
  bool accumulate = false;             // The plan adds to dx instead of overwriting it.
  Activation mask = Activation::none;  // dx becomes 0 where this activation's slope is 0.
  // The plan also writes the channel gradients of that dx. Only with a mask.
  ChannelGrads channel_grads = ChannelGrads::none;
  auto operator<=>(const GradInputFusion&) const = default;
};

// When a plan may round dw to the dtype of x before it converts dw to accumulator(dtype): never,
// only if there is no other plan, or wherever that is faster.
enum class Narrowing : uint8_t { never, if_needed, if_faster };

// dw = conv^T(x, dy)
struct GradWeightFusion {
  bool accumulate = false;  // The plan adds to dw instead of overwriting it.
  bool narrow_dw = false;   // dw has the dtype of x instead of accumulator(dtype).
  Narrowing narrowing = Narrowing::if_needed;
  auto operator<=>(const GradWeightFusion&) const = default;
};

struct ConvShape : ConvGeometry {
  ConvPass pass = ConvPass::forward;
  DType dtype = DType::f32;  // of x, weight, y and their gradients, except dw (see narrow_dw)
  bool exact_f32 = true;     // f32 products have full precision (no TF32)
  // Only the fusion of `pass` may differ from the default.
  ForwardFusion forward;
  GradInputFusion grad_input;
  GradWeightFusion grad_weight;

  bool accumulate() const { return grad_input.accumulate || grad_weight.accumulate; }
  bool fuses_gradient() const { return grad_input != GradInputFusion{} || grad_weight.accumulate; }
  // Whether the shape asks for a fusion that a device may lack. Backend::plan may then return null.
  bool optional() const { return forward.statistics; }
  auto operator<=>(const ConvShape&) const = default;
};

// The pass of this convolution with nothing fused to it.
ConvShape unfused(const ConvShape&, ConvPass);

// Every field that `pass` uses, as text in one line: for error messages, and as a key.
std::string describe(const ConvShape&);

}  // namespace engine
