// Opens NVIDIA's cuDNN when the first convolution needs it, so that a CUDA build starts on machines
// without cuDNN.
#pragma once
#include <cudnn_graph.h>

#include <string>

namespace engine {

// The functions that we call, by their names without "cudnn".
struct CudnnLibrary {
  decltype(&::cudnnGetVersion) GetVersion;
  decltype(&::cudnnGetErrorString) GetErrorString;
  decltype(&::cudnnGetLastErrorString) GetLastErrorString;
  decltype(&::cudnnCreate) Create;
  decltype(&::cudnnDestroy) Destroy;
  decltype(&::cudnnSetStream) SetStream;
  decltype(&::cudnnBackendCreateDescriptor) BackendCreateDescriptor;
  decltype(&::cudnnBackendDestroyDescriptor) BackendDestroyDescriptor;
  decltype(&::cudnnBackendFinalize) BackendFinalize;
  decltype(&::cudnnBackendSetAttribute) BackendSetAttribute;
  decltype(&::cudnnBackendGetAttribute) BackendGetAttribute;
  decltype(&::cudnnBackendExecute) BackendExecute;

  std::string version() const;  // "9.19.0"
};

// Returns the library, from the loader's path or from the folder where it lay when the engine was
// built. Throws Error(resources) if there is none, or if its major version is not that of this
// build's headers.
const CudnnLibrary& cudnn_library();

// The text for a call of cuDNN that failed: "CALL: STATUS (details)".
std::string cudnn_failure(cudnnStatus_t, const std::string& call);
// Throws Error(failed) with that text unless the status is success.
void cudnn_check(cudnnStatus_t, const std::string& call);

}  // namespace engine
