// The tensors that one pass of a convolution reads and writes.
#pragma once
#include <vector>

#include "engine/conv/conv.h"

namespace engine {

struct ConvOperand {
  View ConvArgs::*view;  // which operand it is
  Shape shape;
  DType dtype;
  bool read, written;  // both are true if the plan adds to what the operand holds
  size_t bytes() const { return size_t(shape.size() * kernels::size_of(dtype)); }
};

// Each view of ConvArgs that a plan for this shape uses, in the order of ConvArgs.
std::vector<ConvOperand> conv_operands(const ConvShape&);

}  // namespace engine
