#include "model/layers.h"

#include <algorithm>

#include "kernels/fold_batch_norm.h"

namespace model {

using engine::Backend, engine::MemoryKind, engine::Shape, engine::View;

namespace {

Shape kernel_shape(const ConvSpec& s) { return {4, {s.out, s.kernel, s.kernel, s.in}}; }

int same_total(int size, int kernel, int stride) {
  int out = (size + stride - 1) / stride;
  return std::max((out - 1) * stride + kernel - size, 0);
}

size_t folded_bytes(const Parameters& parameters, const std::vector<ConvLayer>& layers) {
  const auto& p = parameters.precision();
  size_t sum = 0;
  for (const ConvLayer& layer : layers)
    sum += engine::aligned(size_t(kernel_shape(layer.spec).size() * kernels::size_of(p.weights))) +
           engine::aligned(size_t(layer.spec.out * kernels::size_of(p.master)));
  return sum;
}

}  // namespace

Padding same_padding(int height, int width, int kernel, int stride) {
  int rows = same_total(height, kernel, stride), columns = same_total(width, kernel, stride);
  return {.top = rows / 2,
          .left = columns / 2,
          .bottom = rows - rows / 2,
          .right = columns - columns / 2};
}

Parameters::Id LayerBuilder::kernel(const std::string& name, const ConvSpec& spec) {
  return parameters_.add(
      {.name = name + "/kernel", .shape = kernel_shape(spec), .init = spec.init, .kernel = true});
}

ConvLayer LayerBuilder::with_batch_norm(const std::string& name, const ConvSpec& spec,
                                        Parameters::Id kernel, double epsilon) {
  Shape channels{1, {spec.out}};
  ConvLayer layer{.spec = spec, .kernel = kernel, .epsilon = epsilon};
  layer.gamma = parameters_.add({.name = name + "/gamma", .shape = channels, .init = {.value = 1}});
  layer.beta = parameters_.add({.name = name + "/beta", .shape = channels});
  layer.mean = parameters_.add_statistic(name + "/moving_mean", spec.out, 0);
  layer.variance = parameters_.add_statistic(name + "/moving_variance", spec.out, 1);
  layer.index = int(batch_norm_layers_.size());
  batch_norm_layers_.push_back(layer);
  return layer;
}

ConvLayer LayerBuilder::conv_batch_norm(const std::string& name, const ConvSpec& spec,
                                        double epsilon) {
  return with_batch_norm(name, spec, kernel(name, spec), epsilon);
}

ConvLayer LayerBuilder::conv_bias(const std::string& name, const ConvSpec& spec,
                                  double bias_start) {
  ConvLayer layer{.spec = spec, .kernel = kernel(name, spec)};
  layer.bias = parameters_.add(
      {.name = name + "/bias", .shape = {1, {spec.out}}, .init = {.value = bias_start}});
  return layer;
}

FoldedWeights::FoldedWeights(Backend& backend, const Parameters& parameters,
                             const std::vector<ConvLayer>& layers)
    : memory_(backend, folded_bytes(parameters, layers), MemoryKind::device) {
  const auto& precision = parameters.precision();
  char* next = static_cast<char*>(memory_.data());
  auto take = [&](Shape shape, engine::DType dtype) {
    View view{next, dtype, shape};
    next += engine::aligned(engine::bytes_of(view));
    return Tensor::borrow(view);
  };
  for (const ConvLayer& layer : layers) {
    kernels_.push_back(take(kernel_shape(layer.spec), precision.weights));
    biases_.push_back(take({1, {layer.spec.out}}, precision.master));
  }
  fold(backend.queue(engine::Lane::compute), parameters, layers);
}

void FoldedWeights::fold(kernels::Queue queue, const Parameters& p,
                         const std::vector<ConvLayer>& layers) {
  for (const ConvLayer& layer : layers)
    kernels::fold_batch_norm(queue, {.weight = p.master(layer.kernel),
                                     .gamma = p.master(layer.gamma),
                                     .beta = p.master(layer.beta),
                                     .mean = p.statistic(layer.mean),
                                     .variance = p.statistic(layer.variance),
                                     .epsilon = layer.epsilon,
                                     .folded_weight = kernel(layer),
                                     .folded_bias = bias(layer)});
}

Tensor apply(const Context& c, const Network& net, const ConvLayer& layer, const Tensor& x,
             Activation activation, const Tensor& residual) {
  Padding pad =
      same_padding(int(x.shape()[1]), int(x.shape()[2]), layer.spec.kernel, layer.spec.stride);
  return apply_padded(c, net, layer, x, activation, pad, residual);
}

Tensor apply_padded(const Context& c, const Network& net, const ConvLayer& layer, const Tensor& x,
                    Activation activation, Padding pad, const Tensor& residual) {
  const Parameters& p = net.parameters;
  engine::ConvOptions options{.stride = layer.spec.stride, .pad = pad, .activation = activation};
  if (layer.bias >= 0) return engine::conv(c, x, p[layer.kernel], options, p[layer.bias], residual);
  if (net.folded)
    return engine::conv(c, x, net.folded->kernel(layer), options, net.folded->bias(layer),
                        residual);

  const Tensor &gamma = p[layer.gamma], &beta = p[layer.beta], &mean = p.statistic(layer.mean),
               &variance = p.statistic(layer.variance);
  if (net.frozen_batch_norm)
    return engine::conv_frozen_batch_norm(c, x, p[layer.kernel], options,
                                          {.master = Tensor::borrow(p.master(layer.kernel)),
                                           .gamma = gamma,
                                           .beta = beta,
                                           .mean = mean,
                                           .variance = variance,
                                           .epsilon = layer.epsilon},
                                          residual);
  options.activation = Activation::none;
  engine::ChannelSums sums;
  Tensor y = c.training ? engine::conv_with_sums(c, x, p[layer.kernel], options, sums)
                        : engine::conv(c, x, p[layer.kernel], options);
  return engine::batch_norm(c, y, {gamma, beta, mean, variance},
                            {.epsilon = layer.epsilon,
                             .decay = net.decay,
                             .activation = activation,
                             .sync = net.sync_batch_norm},
                            residual, sums);
}

}  // namespace model
