// Activations that follow a convolution or a batch norm, and their slopes.
#pragma once
#include "kernels/view.h"

namespace kernels {

enum class Activation : uint8_t { none, relu, relu6 };

// None of these functions has branches, so loops over them vectorise. NaN stays NaN.
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

// The largest x that T rounds to 0, and the smallest that it rounds to 6: ties, which go to these
// even numbers.
template <class T> struct Kinks { static constexpr Acc<T> kZero = 0, kSix = 6; };
template <> struct Kinks<f16> { static constexpr float kZero = 0x1p-25f, kSix = 6 - 0x1p-9f; };
template <> struct Kinks<bf16> { static constexpr float kZero = 0x1p-134f, kSix = 6 - 0x1p-6f; };

// Whether the slope is 1 at T(activate(activation, x)).
template <class T, class A> HD bool passes(Activation activation, A x) {
  bool inside = (x > Kinks<T>::kZero) & ((activation == Activation::relu) | (x < Kinks<T>::kSix));
  return (activation == Activation::none) | inside;
}

}  // namespace kernels
