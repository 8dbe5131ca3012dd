#include "engine/cudnn/library.h"

#include <dlfcn.h>
#include <link.h>

#include "engine/base/error.h"
#include "engine/cudnn/nvrtc.h"

namespace engine {
namespace {

// SSD_CUDNN_FOLDER: where the library lay when the build was configured; may be empty.
void* open_library(const std::string& name) {
  if (void* found = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
  const std::string reason = dlerror(), folder = SSD_CUDNN_FOLDER;
  if (!folder.empty())
    if (void* found = dlopen((folder + "/" + name).c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
  base::fail(base::ExitCode::resources, "cuDNN cannot be opened (", reason, "; also looked in '",
             folder, "'): install cuDNN ", CUDNN_MAJOR, " or put its folder into LD_LIBRARY_PATH");
}

std::string file_of(void* library) {
  link_map* map = nullptr;
  return dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 ? map->l_name : "";
}

CudnnLibrary load() {
  const std::string name = base::concatenate("libcudnn.so.", CUDNN_MAJOR);
  void* library = open_library(name);
  open_nvrtc_beside(file_of(library));
  CudnnLibrary table{};
  auto find = [&](auto& function, const char* symbol) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, symbol));
    if (!function)
      base::fail(base::ExitCode::resources, name, " has no ", symbol, ": this build wants cuDNN ",
                 CUDNN_MAJOR);
  };
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
