// Winograd's convolution F(4x4, 3x3) for the CPU: a tile of 6x6 inputs gives 4x4 outputs by 36
// products instead of 144. Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
// 2015. Between the transforms of the tiles, oneDNN multiplies matrices. Activations stay NHWC.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "engine/conv/conv.h"

namespace engine {

// Transformed weights that plans keep between runs; plans for maps of different sizes share them.
class WinogradWeights {
 public:
  // Returns the `values` floats of a weight, transformed for the pass. Calls `fill` to compute them
  // if this version of the weight is not there yet. Throws Error(failed) if `values` differs
  // between two calls for one version.
  const float* at(ConvPass, Tensor::Id weight, uint64_t version, size_t values,
                  const std::function<void(float*)>& fill);

 private:
  struct Entry {
    uint64_t version = 0;
    std::vector<float> values;
  };
  std::map<Tensor::Id, Entry> entries_[2];  // by pass: forward, grad_input
};

// Whether Winograd is used for the shape. The rule is fixed, so that a run's bits do not depend on
// timings. It asks for maps so large that few outputs of the last tiles are wasted, and for so many
// channels that products outweigh transforms. It ignores the number of images. docs/numerics.md has
// the rule.
bool winograd_pays(const ConvShape&);

// Forward passes, with bias, residual and activation, and plain gradients, of convolutions with 3x3
// kernels, a stride of 1 and 1 pixel of padding all around, in f32 or bf16. Transforms and products
// are f32 in both. Null for any other shape, and if the build lacks oneDNN. The bits do not depend
// on the number of threads.
std::unique_ptr<ConvPlan> make_winograd_conv(const ConvShape&, std::shared_ptr<WinogradWeights>);

// The plan that make_winograd_conv returns for the gradient of the weight. The shape must be one
// for which it returns a plan.
std::unique_ptr<ConvPlan> make_winograd_grad_weight(const ConvShape&);

}  // namespace engine
