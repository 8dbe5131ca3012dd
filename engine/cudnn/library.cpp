#include "engine/cudnn/library.h"

#include "engine/base/error.h"
#include "engine/base/shared_library.h"
#include "engine/cudnn/nvrtc.h"

namespace engine {
namespace {

// SSD_CUDNN_FOLDER: where the library lay when the build was configured; may be empty.
CudnnLibrary load() {
  const base::SharedLibrary library({.title = "cuDNN",
                                     .names = {base::concatenate("libcudnn.so.", CUDNN_MAJOR)},
                                     .folders = {SSD_CUDNN_FOLDER},
                                     .cure = base::concatenate("install cuDNN ", CUDNN_MAJOR)});
  open_nvrtc_beside(library.file());
  CudnnLibrary table{};
  const auto find = [&](auto& function, const char* symbol) { library.find(function, symbol); };
  find(table.GetVersion, "cudnnGetVersion");
  find(table.GetErrorString, "cudnnGetErrorString");
  find(table.GetLastErrorString, "cudnnGetLastErrorString");
  find(table.Create, "cudnnCreate");
  find(table.Destroy, "cudnnDestroy");
  find(table.SetStream, "cudnnSetStream");
  find(table.BackendCreateDescriptor, "cudnnBackendCreateDescriptor");
  find(table.BackendDestroyDescriptor, "cudnnBackendDestroyDescriptor");
  find(table.BackendFinalize, "cudnnBackendFinalize");
  find(table.BackendSetAttribute, "cudnnBackendSetAttribute");
  find(table.BackendGetAttribute, "cudnnBackendGetAttribute");
  find(table.BackendExecute, "cudnnBackendExecute");
  if (table.GetVersion() / 10000 != CUDNN_MAJOR)
    base::fail(base::ExitCode::resources, "this build has the headers of cuDNN ", CUDNN_MAJOR, ".",
               CUDNN_MINOR, ", the library found is ", table.version(),
               ": the major versions must be equal");
  return table;
}

}  // namespace

std::string CudnnLibrary::version() const {
  const size_t v = GetVersion();
  return base::concatenate(v / 10000, ".", v / 100 % 100, ".", v % 100);
}

const CudnnLibrary& cudnn_library() {
  static const CudnnLibrary library = load();
  return library;
}

std::string cudnn_failure(cudnnStatus_t status, const std::string& call) {
  const CudnnLibrary& library = cudnn_library();
  char details[512] = "";
  library.GetLastErrorString(details, sizeof details);
  return base::concatenate("cuDNN: ", call, ": ", library.GetErrorString(status),
                           *details ? base::concatenate(" (", details, ")") : "");
}

void cudnn_check(cudnnStatus_t status, const std::string& call) {
  if (status != CUDNN_STATUS_SUCCESS)
    base::fail(base::ExitCode::failed, cudnn_failure(status, call));
}

}  // namespace engine
