#include "tools/export/onnx_network.h"

#include "engine/base/error.h"

namespace onnx {

using engine::Activation, engine::ConvOptions, engine::Padding, engine::Tensor, engine::View;

namespace {

std::span<const float> values_in(const Tensor& tensor) {
  SSD_CHECK(tensor.dtype() == engine::DType::f32, "onnx: weights must be f32");
  return {View(tensor).as<float>(), size_t(tensor.shape().size())};
}

// Turns [out, height, width, in] into [out, in, height, width].
std::vector<float> channels_first(const Tensor& weight) {
  const engine::Shape& s = weight.shape();
  const std::span<const float> from = values_in(weight);
  std::vector<float> to;
  to.reserve(from.size());
  for (int64_t out = 0; out < s[0]; ++out)
    for (int64_t in = 0; in < s[3]; ++in)
      for (int64_t pixel = 0; pixel < s[1] * s[2]; ++pixel)
        to.push_back(from[size_t((out * s[1] * s[2] + pixel) * s[3] + in)]);
  return to;
}

// ONNX lists the padding before all axes first, and then the padding behind them.
std::vector<int64_t> pads(const Padding& p) { return {p.top, p.left, p.bottom, p.right}; }

std::vector<int64_t> square(int size) { return {size, size}; }

}  // namespace

void NetworkTrace::bind(const Tensor& tensor, const std::string& name) {
  values_[tensor.id()] = name;
}

std::string NetworkTrace::value_of(const Tensor& tensor) const {
  const auto found = values_.find(tensor.id());
  SSD_CHECK(found != values_.end(), "onnx: no traced operation made this tensor");
  return found->second;
}

std::string NetworkTrace::next(const std::string& op) { return op + "_" + std::to_string(count_); }

std::string NetworkTrace::kernel(const Tensor& weight) {
  std::string& name = weights_[weight.id()];
  const engine::Shape& s = weight.shape();
  if (name.empty())
    name = graph_.constant(next("kernel"), channels_first(weight), {s[0], s[3], s[1], s[2]});
  return name;
}

std::string NetworkTrace::channels(const Tensor& bias) {
  std::string& name = weights_[bias.id()];
  if (name.empty()) name = graph_.constant(next("bias"), values_in(bias), {bias.shape()[0]});
  return name;
}

void NetworkTrace::conv(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const Tensor& residual, const ConvOptions& options, const Tensor& y) {
  ++count_;
  std::vector<std::string> inputs{value_of(x), kernel(weight)};
  if (bias) inputs.push_back(channels(bias));
  std::string value = graph_.node(next("conv"), {"Conv",
                                                 inputs,
                                                 {{"kernel_shape", square(int(weight.shape()[1]))},
                                                  {"strides", square(options.stride)},
                                                  {"pads", pads(options.pad)}}});
  if (residual) value = graph_.node(next("sum"), {"Add", {value, value_of(residual)}});
  if (options.activation == Activation::relu) value = graph_.node(next("relu"), {"Relu", {value}});
  if (options.activation == Activation::relu6) {
    const std::string low = graph_.scalar(next("low"), 0.0f),
                      high = graph_.scalar(next("high"), 6.0f);
    value = graph_.node(next("relu6"), {"Clip", {value, low, high}});
  }
  bind(y, value);
}

void NetworkTrace::max_pool(const Tensor& x, int kernel, int stride, Padding pad, const Tensor& y) {
  ++count_;
  bind(y,
       graph_.node(
           next("max_pool"),
           {"MaxPool",
            {value_of(x)},
            {{"kernel_shape", square(kernel)}, {"strides", square(stride)}, {"pads", pads(pad)}}}));
}

void NetworkTrace::upsample_add(const Tensor& coarse, const Tensor& fine, const Tensor& y) {
  ++count_;
  const float scales[4] = {1, 1, float(fine.shape()[1] / coarse.shape()[1]),
                           float(fine.shape()[2] / coarse.shape()[2])};
  const std::string repeated = graph_.node(
      next("repeated"), {"Resize",
                         {value_of(coarse), "", graph_.constant(next("scales"), scales, {4})},
                         {{"mode", std::string("nearest")},
                          {"nearest_mode", std::string("floor")},
                          {"coordinate_transformation_mode", std::string("asymmetric")}}});
  bind(y, graph_.node(next("upsample_add"), {"Add", {repeated, value_of(fine)}}));
}

}  // namespace onnx
