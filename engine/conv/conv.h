// Convolution plans: what a backend builds once per shape and runs every step.
#pragma once
#include <compare>
#include <map>
#include <memory>
#include <string>

#include "engine/tensor.h"
#include "kernels/activation.h"
#include "kernels/queue.h"

namespace engine {

class Backend;
using kernels::Activation;

struct Padding {
  int top = 0, left = 0, bottom = 0, right = 0;
  auto operator<=>(const Padding&) const = default;
};

enum class ConvPass : uint8_t { forward, grad_input, grad_weight };

// Gradients that are sums over all pixels of a dx: of a bias (dbeta = sum dx), or of a batch norm,
// normalised = (x - mean) * inv_std (dbeta, and dgamma = sum dx * normalised).
enum class ChannelGrads : uint8_t { none, bias, batch_norm };

// The key of a plan. Activations are NHWC, weights [out, kernel, kernel, in].
struct ConvShape {
  ConvPass pass = ConvPass::forward;
  // Of x, weight, y and their gradients, except dw, which is accumulator(dtype) unless narrow_dw.
  DType dtype = DType::f32;
  int images = 0, height = 0, width = 0, in_channels = 0, out_channels = 0;  // height, width: of x
  int kernel = 1, stride = 1;
  Padding pad;
  bool exact_f32 = true;  // f32 products of full precision (no TF32)
  // forward only: y = activation(conv(x, weight) + bias + residual)
  bool bias = false, residual = false;
  Activation activation = Activation::none;
  // forward only, with none of these: also the sums over all pixels of y and of y * y.
  bool statistics = false;
  // gradients only: added to what dx or dw holds, instead of replacing it.
  bool accumulate = false;
  // grad_input only: dx, with what it held if accumulate, is then zeroed where the saved output of
  // this activation is closed.
  Activation mask = Activation::none;
  // grad_input with a mask only: also what the dx so made gives to the layer before the activation.
  ChannelGrads channel_grads = ChannelGrads::none;
  // grad_weight only: dw has the dtype of x.
  bool narrow_dw = false;

  bool fused_gradient() const {
    return accumulate || mask != Activation::none || channel_grads != ChannelGrads::none;
  }
  // Asks for a fusion that a device may not have; see Backend::plan.
  bool optional() const { return statistics; }

  int out_height() const { return (height + pad.top + pad.bottom - kernel) / stride + 1; }
  int out_width() const { return (width + pad.left + pad.right - kernel) / stride + 1; }
  Shape x_shape() const { return {4, {images, height, width, in_channels}}; }
  Shape y_shape() const { return {4, {images, out_height(), out_width(), out_channels}}; }
  Shape weight_shape() const { return {4, {out_channels, kernel, kernel, in_channels}}; }
  // Multiply-accumulates of one pass, padding counted.
  int64_t macs() const { return y_shape().size() * kernel * kernel * in_channels; }
  auto operator<=>(const ConvShape&) const = default;
};

// forward writes y; grad_input reads y as dy and writes x as dx; grad_weight reads x and y as dy
// and writes weight as dw. bias is [out] in accumulator(dtype), residual has y's shape and dtype.
// Statistics are written as sum and sum_of_squares, [out] in accumulator(dtype). saved is the
// output of the mask's activation and normalised_x what the batch norm before it read, with x's
// shape and dtype; its mean and inv_std, dbeta and dgamma are [in] in accumulator(dtype).
struct ConvArgs {
  View x, weight, y, bias, residual;
  View sum, sum_of_squares;
  View saved, normalised_x, mean, inv_std, dbeta, dgamma;
  void* workspace = nullptr;
  // Version 0: the weight may have changed since the last run. Otherwise the two numbers stand for
  // its contents, and a plan may keep a copy in an order of its own.
  uint64_t weight_id = 0, weight_version = 0;
};

class ConvPlan {
 public:
  virtual ~ConvPlan() = default;
  virtual size_t workspace() const = 0;  // bytes that run() needs
  virtual void run(kernels::Queue, const ConvArgs&) = 0;
};

// Every field, as text in one line: for error messages, and as a key.
std::string describe(const ConvShape&);

// Plain loops in double or float: every dtype, any machine. Slow; the yardstick of the others.
std::unique_ptr<ConvPlan> make_reference_conv(const ConvShape&);
// oneDNN primitives for f32 and bf16; null where oneDNN is absent or has none for this shape.
std::unique_ptr<ConvPlan> make_onednn_conv(const ConvShape&);

// Plans by shape, built at first use.
class ConvPlans {
 public:
  explicit ConvPlans(Backend& backend) : backend_(backend) {}
  ConvPlan& at(const ConvShape&);
  // Null where the shape is optional() and the device has no plan for it.
  ConvPlan* find(const ConvShape&);
  size_t size() const { return plans_.size(); }
  int64_t macs() const { return macs_; }  // multiply-accumulates of all plans handed out so far

 private:
  Backend& backend_;
  std::map<ConvShape, std::unique_ptr<ConvPlan>> plans_;
  int64_t macs_ = 0;
};

}  // namespace engine
