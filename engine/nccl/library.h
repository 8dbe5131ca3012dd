// Opens NVIDIA's NCCL when ranks on GPUs need it, so a CUDA build starts on machines without it.
#pragma once
#include <string>

#include "engine/nccl/api.h"

namespace engine {

// The functions that we call, by their names without "nccl".
struct NcclLibrary {
  nccl::GetVersion GetVersion;
  nccl::GetUniqueId GetUniqueId;
  nccl::GetErrorString GetErrorString;
  nccl::GetLastError GetLastError;
  nccl::CommInitRankConfig CommInitRankConfig;
  nccl::CommGetAsyncError CommGetAsyncError;
  nccl::CommFinalize CommFinalize;
  nccl::CommDestroy CommDestroy;
  nccl::CommAbort CommAbort;
  nccl::GroupStart GroupStart;
  nccl::GroupEnd GroupEnd;
  nccl::AllReduce AllReduce;
  nccl::AllGather AllGather;
  nccl::Broadcast Broadcast;

  std::string version() const;  // "2.28.9"
};

// The library, from the loader's path or from the folder where it lay when the engine was built.
// Throws Error(resources) if there is none, or if it is older than 2.14 and so cannot be
// interrupted.
const NcclLibrary& nccl_library();

// "NCCL: CALL: ERROR (details)". `communicator` may be null.
std::string nccl_failure(nccl::Result, const std::string& call, nccl::Communicator* communicator);

}  // namespace engine
