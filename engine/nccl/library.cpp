#include "engine/nccl/library.h"

#include <dlfcn.h>

#include <type_traits>

#include "engine/base/error.h"

namespace engine {
namespace {

using base::ExitCode, base::fail;

constexpr const char* kName = "libnccl.so.2";
constexpr int kOldest = 21400;  // the first with communicators that do not block

// SSD_NCCL_FOLDER: where the library lay when the build was configured; may be empty.
void* open_library() {
  if (void* found = dlopen(kName, RTLD_NOW | RTLD_LOCAL)) return found;
  const std::string reason = dlerror(), folder = SSD_NCCL_FOLDER;
  if (!folder.empty())
    if (void* found = dlopen((folder + "/" + kName).c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
  fail(ExitCode::resources, "NCCL cannot be opened (", reason, "; also looked in '", folder,
       "'): install NCCL 2 or put its folder into LD_LIBRARY_PATH");
}

NcclLibrary load() {
  void* library = open_library();
  NcclLibrary table{};
  auto find = [&](auto& function, const char* symbol) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, symbol));
    if (!function)
      fail(ExitCode::resources, kName, " has no ", symbol, ": NCCL 2.14 or newer is needed");
  };
  find(table.GetVersion, "ncclGetVersion");
  find(table.GetUniqueId, "ncclGetUniqueId");
  find(table.GetErrorString, "ncclGetErrorString");
  find(table.GetLastError, "ncclGetLastError");
  find(table.CommInitRankConfig, "ncclCommInitRankConfig");
  find(table.CommGetAsyncError, "ncclCommGetAsyncError");
  find(table.CommFinalize, "ncclCommFinalize");
  find(table.CommDestroy, "ncclCommDestroy");
  find(table.CommAbort, "ncclCommAbort");
  find(table.AllReduce, "ncclAllReduce");
  find(table.AllGather, "ncclAllGather");
  find(table.Broadcast, "ncclBroadcast");
  int version = 0;
  table.GetVersion(&version);
  if (version < kOldest)
    fail(ExitCode::resources, "NCCL ", table.version(), " was found: 2.14 or newer is needed");
  return table;
}

}  // namespace

std::string NcclLibrary::version() const {
  int v = 0;
  GetVersion(&v);
  return base::concatenate(v / 10000, ".", v / 100 % 100, ".", v % 100);
}

const NcclLibrary& nccl_library() {
  static const NcclLibrary library = load();
  return library;
}

std::string nccl_failure(nccl::Result result, const std::string& call,
                         nccl::Communicator* communicator) {
  const NcclLibrary& library = nccl_library();
  const char* details = library.GetLastError(communicator);
  return base::concatenate("NCCL: ", call, ": ", library.GetErrorString(result),
                           details && *details ? base::concatenate(" (", details, ")") : "");
}

}  // namespace engine
