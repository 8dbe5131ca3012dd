// Convolutions, batch norms and activations by definition, in double.
#pragma once
#include "engine/conv/conv.h"
#include "tests/support/engine/op_case.h"

namespace tests {

double activated(engine::Activation, double v);

// What a forward plan of this shape computes from x, weight and, as the shape says, bias and
// residual.
Values naive_forward(const engine::ConvShape&, const std::vector<Values>& in);

// gamma * (x - mean) / sqrt(variance + epsilon) + beta with the moments of x itself.
Values naive_batch_norm(Values x, const Values& gamma, const Values& beta, double epsilon);

}  // namespace tests
