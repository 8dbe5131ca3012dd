// Activations that follow a convolution or a batch norm, and their slopes.
#pragma once
#include "kernels/view.h"

namespace kernels {

enum class Activation : uint8_t { none, relu, relu6 };

template <class A>
HD A activate(Activation activation, A x) {
  if (activation == Activation::none) return x;
  x = x > A(0) ? x : A(0);
  return activation == Activation::relu6 && x > A(6) ? A(6) : x;
}

// Slope of the activation, told from its output y (TensorFlow's rule: 0 at both kinks).
template <class A>
HD A activation_slope(Activation activation, A y) {
  if (activation == Activation::none) return A(1);
  bool open = y > A(0) && (activation == Activation::relu || y < A(6));
  return open ? A(1) : A(0);
}

}  // namespace kernels
