#pragma once
#include "kernels/view.h"

namespace kernels {

// Calls f<A>() with the C++ type of an accumulator's or master's dtype: float, on the CPU also
// double.
template <class F> void dispatch_accumulator(DType dtype, F&& f) {
  if (dtype == DType::f32) return f.template operator()<float>();
#ifndef __CUDACC__
  if (dtype == DType::f64) return f.template operator()<double>();
#endif
  throw std::logic_error("dispatch_accumulator: expected f32");
}

}  // namespace kernels
