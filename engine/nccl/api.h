// Declares what we use of NVIDIA's NCCL 2, so that a build needs no nccl.h. The functions and
// numbers have the same meaning in all versions of NCCL 2. Where nccl.h is installed, the modelled
// NCCL of the tests compares these declarations with it.
#pragma once
#include <cstddef>

struct CUstream_st;

namespace engine::nccl {

struct Communicator;  // ncclComm

struct UniqueId {
  char bytes[128];
};

enum class Result : int { success = 0, in_progress = 7 };  // all others are errors

enum class Type : int { u8 = 1, i32 = 2, f16 = 6, f32 = 7, f64 = 8, bf16 = 9 };
enum class Operation : int { sum = 0 };

// ncclConfig_t as it was in NCCL 2.14. Newer versions read its size and take their defaults for
// what it lacks.
struct Config {
  size_t size = sizeof(Config);
  unsigned magic = 0xcafebeef;
  unsigned version = 21400;
  int blocking = 0;
};

using GetVersion = Result (*)(int* version);
using GetUniqueId = Result (*)(UniqueId*);
using GetErrorString = const char* (*)(Result);
using GetLastError = const char* (*)(Communicator*);
using CommInitRankConfig = Result (*)(Communicator**, int size, UniqueId, int rank, Config*);
using CommGetAsyncError = Result (*)(Communicator*, Result*);
using CommFinalize = Result (*)(Communicator*);
using CommDestroy = Result (*)(Communicator*);
using CommAbort = Result (*)(Communicator*);
using GroupStart = Result (*)();
using GroupEnd = Result (*)();
using AllReduce = Result (*)(const void* from, void* to, size_t count, Type, Operation,
                             Communicator*, CUstream_st*);
using AllGather = Result (*)(const void* from, void* to, size_t count, Type, Communicator*,
                             CUstream_st*);
using Broadcast = Result (*)(const void* from, void* to, size_t count, Type, int root,
                             Communicator*, CUstream_st*);

}  // namespace engine::nccl
