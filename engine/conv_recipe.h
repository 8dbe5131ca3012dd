// Ways to carry out a convolution by a simpler or wider one and kernels of our own around it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/conv.h"

namespace engine {

struct ConvRecipe {
  std::string name;  // "direct", "pad in 8", "unfused", ...
  ConvShape inner;   // what the library is asked for
};

// The shape itself first, then, for channels that are not whole words of 16 bytes, padded shapes.
std::vector<ConvRecipe> direct_recipes(const ConvShape&);
// What does the same where the library has none of these: bias, residual and activation by our own
// kernels, dw in the dtype of x. Empty where there is no such road.
std::vector<ConvRecipe> unfused_recipes(const ConvShape&);

// A plan for `shape` from a plan for a recipe's inner shape: operands are padded, and results
// cropped, in the workspace; what the inner shape lacks is done after it.
std::unique_ptr<ConvPlan> make_staged_conv(const ConvShape& shape, const ConvShape& inner,
                                           std::unique_ptr<ConvPlan>);

}  // namespace engine
