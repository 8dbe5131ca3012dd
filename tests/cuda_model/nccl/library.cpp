// A library of NCCL's name with the fourteen functions that the engine calls. Ranks are processes
// of one machine. docs/cuda_model.md says what it notices.
#include <nccl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/nccl/api.h"
#include "tests/cuda_model/model.h"
#include "tests/cuda_model/nccl/meeting.h"
#include "tests/cuda_model/nccl/sums.h"

namespace ours = engine::nccl;
static_assert(sizeof(ours::UniqueId) == sizeof(ncclUniqueId));
static_assert(int(ours::Result::success) == ncclSuccess);
static_assert(int(ours::Result::in_progress) == ncclInProgress);
static_assert(int(ours::Type::u8) == ncclUint8 && int(ours::Type::i32) == ncclInt32);
static_assert(int(ours::Type::f16) == ncclFloat16 && int(ours::Type::bf16) == ncclBfloat16);
static_assert(int(ours::Type::f32) == ncclFloat32 && int(ours::Type::f64) == ncclFloat64);
static_assert(int(ours::Operation::sum) == ncclSum);
static_assert(offsetof(ours::Config, blocking) == offsetof(ncclConfig_t, blocking));
static_assert(offsetof(ours::Config, magic) == offsetof(ncclConfig_t, magic));

using cuda_model::fail;
using namespace cuda_model::nccl;

struct ncclComm {
  std::unique_ptr<Meeting> meeting;
  uint64_t calls = 0;
  std::atomic<int> runs = 0;  // of calls, as work of streams
  bool destroyed = false;
  std::atomic<bool> finalized = false, used = false;
  std::shared_ptr<int> graphs = std::make_shared<int>();  // each recorded call holds it, too
};

namespace {

ncclComm& checked(ncclComm_t c, const char* call) {
  if (!c) fail(std::string("NCCL: ") + call + " without a communicator");
  if (c->meeting->aborted())
    fail(std::string("NCCL: ") + call + " after the communicator was aborted");
  if (c->destroyed) fail(std::string("NCCL: ") + call + " after the communicator was destroyed");
  return *c;
}

// NCCL ends an abort or a destruction only when all graphs that hold its calls are destroyed.
void wait_for_graphs(const ncclComm& c, const char* call) {
  constexpr auto kPatience = std::chrono::seconds(60);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (c.graphs.use_count() > 1) {
    if (std::chrono::steady_clock::now() > end)
      fail(std::string("NCCL: ") + call + " waits for a graph that nobody destroys");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

bool is_captured(cudaStream_t stream) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  return cudaStreamIsCapturing(stream, &status) == cudaSuccess &&
         status != cudaStreamCaptureStatusNone;
}

// The calls between ncclGroupStart and ncclGroupEnd of a thread, which the latter queues.
struct Group {
  int depth = 0;
  std::vector<std::function<cudaError_t()>> calls;
};
thread_local Group group;

// NCCL looks at its network's connections; between GPUs of one machine it notices nothing.
bool notices_the_dead() { return cuda_model::seed() % 2 == 0; }

// CUDA_MODEL_NCCL_FAILS_AFTER: after so many calls have run, a communicator reports an error.
bool reports_an_error(const ncclComm& c) {
  const char* after = std::getenv("CUDA_MODEL_NCCL_FAILS_AFTER");
  return after && c.runs >= std::atoi(after);
}

struct Exchange {
  CallWords words{};
  const char* from = nullptr;
  char* to = nullptr;
  size_t bytes = 0;  // that a rank gives

  // Runs as work of a stream: the memory of the device is accessible.
  void run(Meeting& meeting) const {
    const size_t width = size_of(words.type);
    for (size_t at = 0; at == 0 || at < bytes; at += kRoundBytes) {
      const size_t part = std::min(kRoundBytes, bytes - at);
      if (!meeting.give(words, from + at, part)) return;
      take(meeting, at, part, width);
      if (!meeting.release()) return;
    }
  }

  void take(const Meeting& meeting, size_t at, size_t part, size_t width) const {
    if (words.root >= 0) {
      std::memcpy(to + at, meeting.part(words.root), part);
    } else if (std::strcmp(words.kind, "ncclAllGather") == 0) {
      for (int r = 0; r < meeting.size(); ++r)
        std::memcpy(to + size_t(r) * bytes + at, meeting.part(r), part);
    } else {
      std::vector<const char*> terms;
      for (int r = 0; r < meeting.size(); ++r) terms.push_back(meeting.part(r));
      add_up(terms, words.type, part / width, to + at);
    }
  }
};

ncclResult_t queue_calls() {
  const auto calls = std::exchange(group.calls, {});
  for (const auto& call : calls)
    if (call() != cudaSuccess) return ncclUnhandledCudaError;
  return calls.empty() ? ncclSuccess : ncclInProgress;
}

ncclResult_t queue(ncclComm_t comm, const char* kind, Exchange e, size_t count, int type, int root,
                   cudaStream_t stream) {
  ncclComm& c = checked(comm, kind);
  if (!c.meeting->complete()) fail(std::string("NCCL: ") + kind + " before all ranks have come");
  if (c.finalized) fail(std::string("NCCL: ") + kind + " after ncclCommFinalize");
  const size_t width = size_of(type);
  if (width == 0) return ncclInvalidArgument;
  std::snprintf(e.words.kind, sizeof e.words.kind, "%s", kind);
  e.words.type = type;
  e.words.root = root;
  e.words.count = count;
  e.words.number = c.calls++;
  e.bytes = count * width;
  const size_t received =
      e.bytes *
      (root < 0 && std::strcmp(kind, "ncclAllGather") == 0 ? size_t(c.meeting->size()) : 1);
  if (count &&
      (!cuda_model::is_device_pointer(e.from) || !cuda_model::is_device_pointer(e.to) ||
       cuda_model::bytes_behind(e.from) < e.bytes || cuda_model::bytes_behind(e.to) < received))
    fail("NCCL: " + in_words(e.words) + " names memory that is not the device's, or too little");
  const auto graph = is_captured(stream) ? c.graphs : nullptr;
  c.used = true;
  group.calls.push_back([=] {
    auto run = [e, comm, graph] {
      e.run(*comm->meeting);
      ++comm->runs;
    };
    return cuda_model::enqueue(stream, std::move(run), kind);
  });
  return group.depth > 0 ? ncclSuccess : queue_calls();
}

}  // namespace

extern "C" {

ncclResult_t ncclGetVersion(int* version) {
  *version = NCCL_VERSION_CODE;
  return ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  static std::atomic<int> made = 0;
  std::memset(id, 0, sizeof *id);
  std::snprintf(id->internal, sizeof id->internal, "/cuda_model_nccl_%d_%d", int(::getpid()),
                made++);
  return ncclSuccess;
}

const char* ncclGetErrorString(ncclResult_t result) {
  switch (result) {
    case ncclSuccess:
      return "no error";
    case ncclInvalidArgument:
      return "invalid argument";
    case ncclInvalidUsage:
      return "invalid usage";
    case ncclRemoteError:
      return "remote process exited or there was a network error";
    case ncclSystemError:
      return "unhandled system error";
    case ncclInProgress:
      return "NCCL operation in progress";
    default:
      return "unhandled cuda error";
  }
}

const char* ncclGetLastError(ncclComm_t) { return ""; }

ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int size, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  if (config->magic != 0xcafebeef || config->size < sizeof(ours::Config)) return ncclInvalidUsage;
  if (config->blocking != 0) fail("NCCL: the model has only communicators that do not block");
  if (size < 1 || size > kMostRanks || rank < 0 || rank >= size) return ncclInvalidArgument;
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess) return ncclUnhandledCudaError;
  *comm = new ncclComm;  // never freed: a use after its end is noticed
  (*comm)->meeting = std::make_unique<Meeting>(id.internal, rank, size, device);
  return ncclInProgress;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* state) {
  ncclComm& c = checked(comm, "ncclCommGetAsyncError");
  if (group.depth > 0) fail("NCCL: ncclCommGetAsyncError in a group, of which nothing is queued");
  *state = ncclSuccess;
  if (!c.meeting->complete())
    *state = ncclInProgress;
  else if (c.meeting->shares_a_gpu())
    *state = ncclInvalidUsage;
  else if (notices_the_dead() && c.meeting->missing() >= 0 && !c.finalized)
    *state = ncclRemoteError;
  else if (reports_an_error(c))
    *state = ncclSystemError;
  return ncclSuccess;
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) {
  ncclComm& c = checked(comm, "ncclCommFinalize");
  if (c.finalized.exchange(true)) fail("NCCL: ncclCommFinalize twice");
  return ncclSuccess;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  ncclComm& c = checked(comm, "ncclCommDestroy");
  c.destroyed = true;
  wait_for_graphs(c, "ncclCommDestroy");
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  ncclComm& c = checked(comm, "ncclCommAbort");
  c.meeting->abort();
  wait_for_graphs(c, "ncclCommAbort");
  return ncclSuccess;
}

ncclResult_t ncclGroupStart() {
  ++group.depth;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  if (group.depth == 0) fail("NCCL: ncclGroupEnd without ncclGroupStart");
  return --group.depth > 0 ? ncclSuccess : queue_calls();
}

ncclResult_t ncclAllReduce(const void* from, void* to, size_t count, ncclDataType_t type,
                           ncclRedOp_t operation, ncclComm_t comm, cudaStream_t stream) {
  if (operation != ncclSum || !can_sum(type)) return ncclInvalidArgument;
  return queue(comm, "ncclAllReduce",
               {.from = static_cast<const char*>(from), .to = static_cast<char*>(to)}, count, type,
               -1, stream);
}

ncclResult_t ncclAllGather(const void* from, void* to, size_t count, ncclDataType_t type,
                           ncclComm_t comm, cudaStream_t stream) {
  return queue(comm, "ncclAllGather",
               {.from = static_cast<const char*>(from), .to = static_cast<char*>(to)}, count, type,
               -1, stream);
}

ncclResult_t ncclBroadcast(const void* from, void* to, size_t count, ncclDataType_t type, int root,
                           ncclComm_t comm, cudaStream_t stream) {
  if (root < 0 || root >= checked(comm, "ncclBroadcast").meeting->size())
    return ncclInvalidArgument;
  return queue(comm, "ncclBroadcast",
               {.from = static_cast<const char*>(from), .to = static_cast<char*>(to)}, count, type,
               root, stream);
}
}
