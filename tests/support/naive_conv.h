// Convolutions and activations by definition, in double.
#pragma once
#include "engine/conv.h"
#include "tests/support/op_case.h"

namespace tests {

double activated(engine::Activation, double v);

// What a forward plan of this shape computes from x, weight and, as the shape says, bias and
// residual.
Values naive_forward(const engine::ConvShape&, const std::vector<Values>& in);

}  // namespace tests
