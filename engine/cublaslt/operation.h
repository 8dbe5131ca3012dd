// A convolution as a product of matrices, in cuBLASLt's terms: D = A B + beta C.
//
// Its matrices are column-major. So a tensor in NHWC is a matrix [channels, pixels], and the weight
// of a 1x1 convolution is [in, out]. With ' for transposed:
//   forward      y = weight' x,  C the residual
//   grad_input   dx = weight dy, C the earlier dx
//   grad_weight  dw = x dy',     C the earlier dw
#pragma once
#include <memory>

#include "engine/conv/conv.h"
#include "engine/cublaslt/library.h"

namespace engine {

class MatmulOperation {
 public:
  // The shape must be the inner one of its gemm_candidate.
  explicit MatmulOperation(const ConvShape&);

  // Sets the bias of the next run, which has the dtype of y.
  void set_bias(const void* data);
  cublasLtMatmulDesc_t get() const { return operation_.get(); }

  struct Destroy {
    void operator()(cublasLtMatrixLayout_t m) const { cublaslt_library().MatrixLayoutDestroy(m); }
    void operator()(cublasLtMatmulDesc_t d) const { cublaslt_library().MatmulDescDestroy(d); }
  };
  struct Matrix {
    View ConvArgs::*view = nullptr;
    std::unique_ptr<cublasLtMatrixLayoutOpaque_t, Destroy> layout;
  };
  Matrix a, b, c, d;
  float beta = 0;
  bool has_bias = false;

 private:
  std::unique_ptr<cublasLtMatmulDescOpaque_t, Destroy> operation_;
};

}  // namespace engine
