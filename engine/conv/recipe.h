// Ways to carry out a convolution by a simpler or wider one and kernels of our own around it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/conv/conv.h"

namespace engine {

struct ConvRecipe {
  std::string name;   // "direct", "unfused", "unfused, out padded to 552", ...
  ConvShape inner;    // what the library is asked for
  bool fused = true;  // it does everything by itself
};

// The shape itself first, then, for channels that are not whole words of 16 bytes, padded shapes.
std::vector<ConvRecipe> direct_recipes(const ConvShape&);
// What does the same by a simpler convolution and kernels of our own behind it: bias, residual and
// activation; mask and channel gradients; then also the sum with what the result held. Empty where
// there is nothing to take apart, and for statistics, which batch norm makes better
// (kernels/batch_norm.h).
std::vector<ConvRecipe> unfused_recipes(const ConvShape&);
// The same with dw in the dtype of x, a rounding more. Empty for all but grad_weight.
std::vector<ConvRecipe> narrow_recipes(const ConvShape&);

// The convolution without anything that a library might fuse.
ConvShape plain_conv(const ConvShape&);

// A plan for `shape` from a plan for a recipe's inner shape: operands are padded, and results
// cropped, in the workspace; what the inner shape lacks is done after it.
std::unique_ptr<ConvPlan> make_staged_conv(const ConvShape& shape, const ConvShape& inner,
                                           std::unique_ptr<ConvPlan>);

}  // namespace engine
