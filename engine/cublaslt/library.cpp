#include "engine/cublaslt/library.h"

#include <dlfcn.h>

#include "engine/base/error.h"

namespace engine {
namespace {

// SSD_CUBLASLT_FOLDER: where the library lay when the build was configured; may be empty.
void* open_library(const std::string& name) {
  if (void* found = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
  const std::string reason = dlerror(), folder = SSD_CUBLASLT_FOLDER;
  if (!folder.empty())
    if (void* found = dlopen((folder + "/" + name).c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
  base::fail(base::ExitCode::resources, "cuBLASLt cannot be opened (", reason, "; also looked in '",
             folder, "'): install cuBLAS ", CUBLAS_VER_MAJOR,
             " or put its folder into LD_LIBRARY_PATH");
}

CublasLtLibrary load() {
  const std::string name = base::concatenate("libcublasLt.so.", CUBLAS_VER_MAJOR);
  void* library = open_library(name);
  CublasLtLibrary table{};
  auto find = [&](auto& function, const char* symbol) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, symbol));
    if (!function) base::fail(base::ExitCode::resources, name, " has no ", symbol);
  };
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
