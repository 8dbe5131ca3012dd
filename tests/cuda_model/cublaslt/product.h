// D = alpha op(A) op(B) + beta C and its epilogue, by plain loops.
#pragma once
#include "tests/cuda_model/cublaslt/algorithm.h"

namespace cuda_model::cublaslt {

// Everything that cublasLtMatmul was called with; copies, since the caller's may be gone.
struct Product {
  Operation operation;
  Matrix a_layout, b_layout, c_layout, d_layout;
  float alpha = 1, beta = 0;
  const void *a = nullptr, *b = nullptr, *c = nullptr;
  void *d = nullptr, *workspace = nullptr;
  const Algorithm* algorithm = nullptr;

  Matrices matrices() const { return {a_layout, b_layout, c_layout, d_layout}; }
};

// Breaks a rule unless all memory is a device's, large enough, aligned, and apart.
void check_memory(const Product&);
void compute(const Product&);

}  // namespace cuda_model::cublaslt
