// Convolution layers: their parameters, and how they run in training and in inference.
#pragma once
#include <string>
#include <vector>

#include "engine/ops.h"
#include "engine/parameters.h"

namespace model {

using engine::Activation, engine::Context, engine::Init, engine::Padding, engine::Parameters,
    engine::Tensor;

// The padding that TensorFlow calls SAME, with which the output has ceil(size / stride) pixels. If
// the padding of an axis is odd, the bottom (or the right) gets one pixel more than the top (left).
Padding same_padding(int height, int width, int kernel, int stride);

struct ConvSpec {
  int in = 0, out = 0;         // channels
  int kernel = 1, stride = 1;  // pixels per axis
  Init init;                   // of the kernel
};

// A convolution kernel, followed by either a bias or a batch norm. Ids are -1 for what the layer
// does not have. Several layers may share a kernel.
struct ConvLayer {
  ConvSpec spec;
  Parameters::Id kernel = -1;
  Parameters::Id bias = -1;
  Parameters::Id gamma = -1, beta = -1, mean = -1, variance = -1;
  double epsilon = 0;
  int index = -1;  // among the layers with batch norm
};

// Declares parameters. It remembers the layers with batch norm, so that they can be folded.
class LayerBuilder {
 public:
  explicit LayerBuilder(Parameters& parameters) : parameters_(parameters) {}
  // Declares "NAME/kernel", [out, kernel, kernel, in].
  Parameters::Id kernel(const std::string& name, const ConvSpec&);
  // Declares "NAME/gamma", "NAME/beta", "NAME/moving_mean" and "NAME/moving_variance", [out], for a
  // kernel that is declared already.
  ConvLayer with_batch_norm(const std::string& name, const ConvSpec&, Parameters::Id kernel,
                            double epsilon);
  // Declares a kernel and its batch norm.
  ConvLayer conv_batch_norm(const std::string& name, const ConvSpec&, double epsilon);
  // Declares a kernel and "NAME/bias", [out], whose values start at `bias_start`.
  ConvLayer conv_bias(const std::string& name, const ConvSpec&, double bias_start);
  std::vector<ConvLayer> take_batch_norm_layers() { return std::move(batch_norm_layers_); }

 private:
  Parameters& parameters_;
  std::vector<ConvLayer> batch_norm_layers_;
};

// Kernels and biases of the layers with batch norm, for inference: the batch norms are folded into
// them (kernels/fold_batch_norm.h). This is a copy, so call fold() again when the weights have
// changed.
class FoldedWeights {
 public:
  // Allocates device memory for all layers, and folds them.
  FoldedWeights(engine::Backend&, const Parameters&, const std::vector<ConvLayer>&);
  void fold(kernels::Queue, const Parameters&, const std::vector<ConvLayer>&);
  const Tensor& kernel(const ConvLayer& layer) const { return kernels_[size_t(layer.index)]; }
  const Tensor& bias(const ConvLayer& layer) const { return biases_[size_t(layer.index)]; }
  size_t bytes() const { return memory_.bytes(); }

 private:
  engine::Memory memory_;
  std::vector<Tensor> kernels_, biases_;
};

// The weights and options with which all layers run.
struct Network {
  const Parameters& parameters;
  const FoldedWeights* folded = nullptr;  // for inference; if null, batch norm is an op of its own
  bool frozen_batch_norm = false, sync_batch_norm = false;  // as in DetectorOptions
  double decay = 0.997;                                     // of the moving statistics
};

// Returns activation(batch_norm(conv(x)) + residual), or activation(conv(x) + bias + residual) for
// a layer with a bias. x: [n, h, w, in]; residual: of the result's shape, or empty. apply() pads as
// same_padding() says.
Tensor apply(const Context&, const Network&, const ConvLayer&, const Tensor& x, Activation,
             const Tensor& residual = {});
Tensor apply_padded(const Context&, const Network&, const ConvLayer&, const Tensor& x, Activation,
                    Padding, const Tensor& residual = {});

}  // namespace model
