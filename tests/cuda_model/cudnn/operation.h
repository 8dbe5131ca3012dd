// The operations that the model knows: three passes of a convolution, six pointwise modes,
// statistics of a tensor's channels, and sums.
#pragma once
#include <optional>
#include <variant>

#include "tests/cuda_model/cudnn/tensor.h"

namespace cuda_model::cudnn {

struct ConvolutionRule {
  Sizes pre, post, strides, dilations;
};
enum class Pass { forward, backward_data, backward_filter };
// The result is y, x or w, as the pass says: alpha * convolution + beta * what the result held.
struct Convolution {
  Pass pass = Pass::forward;
  ConvolutionRule rule;
  Tensor x, w, y;
  float alpha = 1, beta = 0;
};

struct PointwiseRule {
  cudnnPointwiseMode_t mode = CUDNN_POINTWISE_IDENTITY;
  bool propagate_nan = false;
  double lower = 0, upper = 0, slope = 0;  // clips of ReLU, and the slope below the lower one
  bool clipped = false;                    // there is an upper clip
};
// y = f(alpha1 * x, alpha2 * b). For the gradient of ReLU, x is what was clipped, b is dy, y is dx.
struct Pointwise {
  PointwiseRule rule;
  Tensor x;
  std::optional<Tensor> b;
  Tensor y;
  float alpha1 = 1, alpha2 = 1;
};

struct Statistics {  // of each channel, over all pixels
  Tensor x, sum, sum_of_squares;
};

struct ReductionRule {};
struct Reduction {  // y = sum of x over the dimensions in which y has size 1
  Tensor x, y;
};

using Operation = std::variant<Convolution, Pointwise, Statistics, Reduction>;

std::vector<const Tensor*> inputs(const Operation&);
std::vector<const Tensor*> inputs(const Convolution&);
std::vector<const Tensor*> outputs(const Operation&);
const Tensor& result(const Convolution&);

ConvolutionRule make_convolution_rule(const Descriptor&);
PointwiseRule make_pointwise_rule(const Descriptor&);
ReductionRule make_reduction_rule(const Descriptor&);
Operation make_operation(const Descriptor&);
// Refuses and notices what does not fit together, as when the descriptor is finalized.
void check(const Operation&);

}  // namespace cuda_model::cudnn
