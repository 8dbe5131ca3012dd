#include "engine/cublaslt/library.h"

#include "engine/base/error.h"
#include "engine/base/shared_library.h"

namespace engine {
namespace {

// SSD_CUBLASLT_FOLDER: where the library lay when the build was configured; may be empty.
CublasLtLibrary load() {
  const base::SharedLibrary library(
      {.title = "cuBLASLt",
       .names = {base::concatenate("libcublasLt.so.", CUBLAS_VER_MAJOR)},
       .folders = {SSD_CUBLASLT_FOLDER},
       .cure = base::concatenate("install cuBLAS ", CUBLAS_VER_MAJOR)});
  CublasLtLibrary table{};
  const auto find = [&](auto& function, const char* symbol) { library.find(function, symbol); };
  find(table.GetVersion, "cublasLtGetVersion");
  find(table.GetStatusString, "cublasLtGetStatusString");
  find(table.Create, "cublasLtCreate");
  find(table.Destroy, "cublasLtDestroy");
  find(table.MatrixLayoutCreate, "cublasLtMatrixLayoutCreate");
  find(table.MatrixLayoutDestroy, "cublasLtMatrixLayoutDestroy");
  find(table.MatmulDescCreate, "cublasLtMatmulDescCreate");
  find(table.MatmulDescSetAttribute, "cublasLtMatmulDescSetAttribute");
  find(table.MatmulDescDestroy, "cublasLtMatmulDescDestroy");
  find(table.MatmulPreferenceCreate, "cublasLtMatmulPreferenceCreate");
  find(table.MatmulPreferenceSetAttribute, "cublasLtMatmulPreferenceSetAttribute");
  find(table.MatmulPreferenceDestroy, "cublasLtMatmulPreferenceDestroy");
  find(table.MatmulAlgoGetHeuristic, "cublasLtMatmulAlgoGetHeuristic");
  find(table.MatmulAlgoCheck, "cublasLtMatmulAlgoCheck");
  find(table.Matmul, "cublasLtMatmul");
  return table;
}

}  // namespace

std::string CublasLtLibrary::version() const {
  const size_t v = GetVersion();
  return base::concatenate(v / 10000, ".", v / 100 % 100, ".", v % 100);
}

const CublasLtLibrary& cublaslt_library() {
  static const CublasLtLibrary library = load();
  return library;
}

void cublaslt_check(cublasStatus_t status, const std::string& call) {
  if (status != CUBLAS_STATUS_SUCCESS)
    base::fail(base::ExitCode::failed, "cuBLASLt: ", call, ": ",
               cublaslt_library().GetStatusString(status));
}

}  // namespace engine
