// What cuBLASLt's handles and descriptors point to. They are never freed, so that one that is used
// after its end is noticed.
#pragma once
#include <cstdint>

#include "tests/cuda_model/cublaslt/refusal.h"

namespace cuda_model::cublaslt {

struct Handle {
  int ordinal = 0;  // of its device
  bool destroyed = false;
};

// Stored by columns unless order says rows; `leading` elements from one to the next.
struct Matrix {
  cudaDataType_t type = CUDA_R_32F;
  int64_t rows = 0, columns = 0, leading = 0;
  int32_t order = CUBLASLT_ORDER_COL;
  bool destroyed = false;

  int64_t element_bytes() const { return type == CUDA_R_32F ? 4 : 2; }
  int64_t place(int64_t row, int64_t column) const {
    return order == CUBLASLT_ORDER_COL ? column * leading + row : row * leading + column;
  }
  int64_t bytes() const { return (place(rows - 1, columns - 1) + 1) * element_bytes(); }
};

struct Operation {
  cublasComputeType_t compute = CUBLAS_COMPUTE_32F;
  cudaDataType_t scale = CUDA_R_32F;
  int32_t transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N, transpose_c = CUBLAS_OP_N;
  uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const void* bias = nullptr;
  int32_t bias_type = -1;  // the type of D
  bool destroyed = false;

  bool has_bias() const { return epilogue & CUBLASLT_EPILOGUE_BIAS; }
  bool has_relu() const { return epilogue & CUBLASLT_EPILOGUE_RELU; }
};

struct Preference {
  uint64_t workspace = 0;
  uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_MASK;
  uint32_t alignment[4] = {256, 256, 256, 256};  // of A, B, C, D
  bool destroyed = false;
};

// As the ...SetAttribute functions; refuses what has another size.
void set(Matrix&, cublasLtMatrixLayoutAttribute_t, const void* value, size_t bytes);
void set(Operation&, cublasLtMatmulDescAttributes_t, const void* value, size_t bytes);
void set(Preference&, cublasLtMatmulPreferenceAttributes_t, const void* value, size_t bytes);

// The matrices of one call.
struct Matrices {
  const Matrix &a, &b, &c, &d;
};

// Breaks a rule unless the sizes, orders and leading dimensions fit together.
void check(const Operation&, const Matrices&);
// Whether cuBLASLt has the types and the epilogue at all.
bool supported(const Operation&, const Matrices&);

}  // namespace cuda_model::cublaslt
