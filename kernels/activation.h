// Activations that follow a convolution or a batch norm, and their slopes.
#pragma once
#include "kernels/view.h"

namespace kernels {

enum class Activation : uint8_t { none, relu, relu6 };

// Neither function has branches, so loops over them vectorise. NaN stays NaN.
template <class A> HD A activate(Activation activation, A x) {
  x = ((activation != Activation::none) & (x < A(0))) ? A(0) : x;
  return ((activation == Activation::relu6) & (x > A(6))) ? A(6) : x;
}

// The slope of the activation, computed from its output y. It is 0 at y = 0 and, for relu6, at y =
// 6, as in TensorFlow.
template <class A> HD A activation_slope(Activation activation, A y) {
  bool inside = (y > A(0)) & ((activation == Activation::relu) | (y < A(6)));
  return ((activation == Activation::none) | inside) ? A(1) : A(0);
}

}  // namespace kernels
