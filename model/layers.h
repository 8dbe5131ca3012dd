// Convolution layers: their parameters, and how they run in training and, folded, in inference.
#pragma once
#include <string>
#include <vector>

#include "engine/ops.h"
#include "engine/parameters.h"

namespace model {

using engine::Activation, engine::Context, engine::Init, engine::Padding, engine::Parameters,
    engine::Tensor;

// TensorFlow's SAME: output = ceil(size / stride), the odd padding pixel at the bottom and right.
Padding same_padding(int height, int width, int kernel, int stride);

struct ConvSpec {
  int in = 0, out = 0, kernel = 1, stride = 1;
  Init init;
};

// A convolution kernel with, after it, a batch norm or a bias. Several layers may share a kernel.
struct ConvLayer {
  ConvSpec spec;
  Parameters::Id kernel = -1;
  Parameters::Id bias = -1;  // or batch norm:
  Parameters::Id gamma = -1, beta = -1, mean = -1, variance = -1;
  double epsilon = 0;
  int index = -1;  // among the layers with batch norm
};

// Declares parameters. Batch-norm layers are remembered, so that they can be folded.
class LayerBuilder {
 public:
  explicit LayerBuilder(Parameters& parameters) : parameters_(parameters) {}
  Parameters::Id kernel(const std::string& name, const ConvSpec&);
  ConvLayer with_batch_norm(const std::string& name, const ConvSpec&, Parameters::Id kernel,
                            double epsilon);
  ConvLayer conv_batch_norm(const std::string& name, const ConvSpec&, double epsilon);
  ConvLayer conv_bias(const std::string& name, const ConvSpec&, double bias_start);
  std::vector<ConvLayer> take_batch_norm_layers() { return std::move(batch_norm_layers_); }

 private:
  Parameters& parameters_;
  std::vector<ConvLayer> batch_norm_layers_;
};

// Kernels and biases with the batch norms folded in, for inference. A copy: fold() again after
// training.
class FoldedWeights {
 public:
  FoldedWeights(engine::Backend&, const Parameters&, const std::vector<ConvLayer>&);
  void fold(kernels::Queue, const Parameters&, const std::vector<ConvLayer>&);
  const Tensor& kernel(const ConvLayer& layer) const { return kernels_[size_t(layer.index)]; }
  const Tensor& bias(const ConvLayer& layer) const { return biases_[size_t(layer.index)]; }
  size_t bytes() const { return memory_.bytes(); }

 private:
  engine::Memory memory_;
  std::vector<Tensor> kernels_, biases_;
};

// What layers are applied with.
struct Network {
  const Parameters& parameters;
  const FoldedWeights* folded = nullptr;  // inference; null: batch norm runs by itself
  bool frozen_batch_norm = false;
  double decay = 0.997;
};

// activation(batch_norm(conv(x)) + residual), or activation(conv(x) + bias + residual).
// `pad` empty: same_padding.
Tensor apply(const Context&, const Network&, const ConvLayer&, const Tensor& x, Activation,
             const Tensor& residual = {});
Tensor apply_padded(const Context&, const Network&, const ConvLayer&, const Tensor& x, Activation,
                    Padding, const Tensor& residual = {});

}  // namespace model
