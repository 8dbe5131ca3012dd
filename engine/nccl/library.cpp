#include "engine/nccl/library.h"

#include "engine/base/error.h"
#include "engine/base/shared_library.h"

namespace engine {
namespace {

using base::ExitCode, base::fail;

constexpr int kOldest = 21400;  // the first with communicators that do not block

// SSD_NCCL_FOLDER: where the library lay when the build was configured; may be empty.
NcclLibrary load() {
  const base::SharedLibrary library({.title = "NCCL",
                                     .names = {"libnccl.so.2"},
                                     .folders = {SSD_NCCL_FOLDER},
                                     .cure = "install NCCL 2.14 or newer"});
  NcclLibrary table{};
  const auto find = [&](auto& function, const char* symbol) { library.find(function, symbol); };
  find(table.GetVersion, "ncclGetVersion");
  find(table.GetUniqueId, "ncclGetUniqueId");
  find(table.GetErrorString, "ncclGetErrorString");
  find(table.GetLastError, "ncclGetLastError");
  find(table.CommInitRankConfig, "ncclCommInitRankConfig");
  find(table.CommGetAsyncError, "ncclCommGetAsyncError");
  find(table.CommFinalize, "ncclCommFinalize");
  find(table.CommDestroy, "ncclCommDestroy");
  find(table.CommAbort, "ncclCommAbort");
  find(table.GroupStart, "ncclGroupStart");
  find(table.GroupEnd, "ncclGroupEnd");
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
