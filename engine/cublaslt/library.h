// Opens NVIDIA's cuBLASLt when the first convolution needs it, as cuDNN is opened.
#pragma once
#include <cublasLt.h>

#include <string>

namespace engine {

// The functions that we call, by their names without "cublasLt".
struct CublasLtLibrary {
  decltype(&::cublasLtGetVersion) GetVersion;
  decltype(&::cublasLtGetStatusString) GetStatusString;
  decltype(&::cublasLtCreate) Create;
  decltype(&::cublasLtDestroy) Destroy;
  decltype(&::cublasLtMatrixLayoutCreate) MatrixLayoutCreate;
  decltype(&::cublasLtMatrixLayoutDestroy) MatrixLayoutDestroy;
  decltype(&::cublasLtMatmulDescCreate) MatmulDescCreate;
  decltype(&::cublasLtMatmulDescSetAttribute) MatmulDescSetAttribute;
  decltype(&::cublasLtMatmulDescDestroy) MatmulDescDestroy;
  decltype(&::cublasLtMatmulPreferenceCreate) MatmulPreferenceCreate;
  decltype(&::cublasLtMatmulPreferenceSetAttribute) MatmulPreferenceSetAttribute;
  decltype(&::cublasLtMatmulPreferenceDestroy) MatmulPreferenceDestroy;
  decltype(&::cublasLtMatmulAlgoGetHeuristic) MatmulAlgoGetHeuristic;
  decltype(&::cublasLtMatmulAlgoCheck) MatmulAlgoCheck;
  decltype(&::cublasLtMatmul) Matmul;

  std::string version() const;  // "13.1.0"
};

// Returns the library, from the loader's path or from the folder where it lay when the engine was
// built. Throws Error(resources) if there is none, or if its major version is not that of this
// build's headers.
const CublasLtLibrary& cublaslt_library();

// Throws Error(failed) with the call and cuBLASLt's words unless the status is success.
void cublaslt_check(cublasStatus_t, const std::string& call);

}  // namespace engine
