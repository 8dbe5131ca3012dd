// How the model of cuBLASLt says no: see tests/cuda_model/cudnn/refusal.h, which does the same.
#pragma once
#include <cublasLt.h>

#include <string>

#include "tests/cuda_model/model.h"

namespace cuda_model::cublaslt {

struct Refusal {
  cublasStatus_t status;
};

// What cuBLASLt refuses.
inline void require(bool met, cublasStatus_t status = CUBLAS_STATUS_INVALID_VALUE) {
  if (!met) throw Refusal{status};
}

// What the documentation forbids and cuBLASLt does not, or not always, notice.
inline void expect(bool met, const std::string& reason) {
  if (!met) fail("cuBLASLt: " + reason);
}

}  // namespace cuda_model::cublaslt
