// How the model of cuDNN says no.
//
// A call that cuDNN 9 refuses gets the status that cuDNN gives, and the caller has to look at it. A
// call that the documentation forbids and cuDNN lets through, or does not survive, ends the process
// (cuda_model::fail): nobody would hear of it otherwise.
#pragma once
#include <cudnn_graph.h>

#include <string>

#include "tests/cuda_model/model.h"

namespace cuda_model::cudnn {

struct Refusal {
  cudnnStatus_t status;
  std::string reason;
};

[[noreturn]] inline void refuse(cudnnStatus_t status, const std::string& reason) {
  throw Refusal{status, reason};
}

// What cuDNN refuses with CUDNN_STATUS_BAD_PARAM.
inline void require(bool met, const std::string& reason) {
  if (!met) refuse(CUDNN_STATUS_BAD_PARAM, reason);
}

// What cuDNN does not notice.
inline void expect(bool met, const std::string& reason) {
  if (!met) fail("cuDNN: " + reason);
}

}  // namespace cuda_model::cudnn
