// Memory given out and taken back, and copies.
#include <cstring>

#include "tests/cuda_model/calls.h"
#include "tests/cuda_model/memory.h"
#include "tests/cuda_model/settings.h"

using namespace cuda_model;

namespace {

enum class Where { device, pinned, pageable };

Where where(const void* p) {
  const Piece* piece = piece_at(p);
  if (piece) return piece->device == kHost ? Where::pinned : Where::device;
  return in_a_device(p) ? Where::device : Where::pageable;
}

cudaError_t allocate(void** p, size_t bytes, int device) {
  if (cudaError_t refused = refuse_in_capture()) return refused;
  if (cudaError_t broken = context_error(current_device())) return broken;
  *p = bytes ? take_memory(device, bytes) : nullptr;
  return bytes && !*p ? cudaErrorMemoryAllocation : cudaSuccess;
}

// Whether the model does what the documentation says that a call may do, but need not.
bool kindly() {
  return settings().schedule == Schedule::early ||
         (settings().schedule == Schedule::random && random_below(2));
}

cudaError_t free_memory(void* p, bool pinned) {
  if (!p) return cudaSuccess;
  if (cudaError_t refused = refuse_in_capture()) return refused;
  if (cudaError_t broken = context_error(current_device())) return broken;
  // "This API may perform implicit synchronization" (cudaFree).
  if (kindly())
    for (int device = 0; device < settings().devices; ++device) finish_device(device);
  return give_memory_back(p, pinned) ? cudaSuccess : cudaErrorInvalidValue;
}

void check_alive(const void* p, const char* what) {
  const Piece* piece = piece_at(p);
  if (piece && piece->given_back)
    fail(std::string("a copy ran after the memory that it ") + what +
         " was given back: " + told(p));
}

struct Copy {
  void* to;
  const void* from;
  size_t bytes;
  std::shared_ptr<std::vector<char>> staged;  // not null: what `from` held when it was queued

  void operator()() const {
    check_alive(to, "writes");
    if (!staged) check_alive(from, "reads");
    std::memcpy(to, staged ? staged->data() : from, bytes);
  }
};

// Whether [p, p + bytes) is memory that a copy of that kind may name.
bool names(const void* p, size_t bytes, bool device_side) {
  const Where place = where(p);
  if (place == Where::pageable) return !device_side;
  return bytes_behind(p) >= bytes && (place == Where::device || !device_side);
}

bool valid(const Copy& copy, cudaMemcpyKind kind) {
  const bool any = kind == cudaMemcpyDefault;
  const bool to_device = any ? where(copy.to) == Where::device
                             : kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = any ? where(copy.from) == Where::device
                               : kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  return names(copy.to, copy.bytes, to_device) && names(copy.from, copy.bytes, from_device);
}

// "For transfers between device memory and pageable host memory, the function might be synchronous
// with respect to host ... the driver may stage the copy into pinned memory. For transfers from any
// host memory to any host memory, the function is fully synchronous" (API synchronization
// behavior).
cudaError_t copy(Copy copy, cudaMemcpyKind kind, CUstream_st* stream) {
  if (copy.bytes == 0) return cudaSuccess;
  if (!valid(copy, kind)) return cudaErrorInvalidValue;
  const bool from_host = where(copy.from) != Where::device,
             to_host = where(copy.to) != Where::device;
  const bool captured = stream->capture != nullptr;
  if (where(copy.from) == Where::pageable && !captured && kindly()) {
    const char* bytes = static_cast<const char*>(copy.from);
    copy.staged = std::make_shared<std::vector<char>>(bytes, bytes + copy.bytes);
  }
  const bool waits = (from_host && to_host) || (where(copy.to) == Where::pageable && kindly());
  cudaError_t error = queue_work(stream, {"a copy", stream->device, copy, true});
  if (error == cudaSuccess && waits && !captured) finish(stream);
  return error;
}

struct Fill {
  void* to;
  int value;
  size_t bytes;
  void operator()() const {
    check_alive(to, "fills");
    std::memset(to, value, bytes);
  }
};

cudaError_t fill(const Fill& fill, CUstream_st* stream) {
  if (!names(fill.to, fill.bytes, true)) return cudaErrorInvalidValue;
  return queue_work(stream, {"a fill", stream->device, fill, true});
}

}  // namespace

extern "C" {

cudaError_t CUDARTAPI cudaMalloc(void** p, size_t bytes) {
  Call call;
  return report(allocate(p, bytes, current_device()));
}

cudaError_t CUDARTAPI cudaFree(void* p) {
  Call call;
  return report(free_memory(p, false));
}

cudaError_t CUDARTAPI cudaHostAlloc(void** p, size_t bytes, unsigned) {
  Call call;
  return report(allocate(p, bytes, kHost));
}

cudaError_t CUDARTAPI cudaFreeHost(void* p) {
  Call call;
  return report(free_memory(p, true));
}

cudaError_t CUDARTAPI cudaMemGetInfo(size_t* free, size_t* total) {
  Call call;
  *total = settings().memory;
  *free = *total - memory_in_use(current_device());
  return report(context_error(current_device()));
}

cudaError_t CUDARTAPI cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                                      cudaStream_t stream) {
  Call call;
  return report(copy({to, from, bytes, nullptr}, kind, object_of(stream)));
}

cudaError_t CUDARTAPI cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  Call call;
  CUstream_st* stream = object_of(cudaStream_t(nullptr));
  if (cudaError_t refused = refuse_in_capture()) return report(refused);
  const cudaError_t error = copy({to, from, bytes, nullptr}, kind, stream);
  if (error != cudaSuccess) return report(error);
  finish(stream);
  return report(context_error(stream->device));
}

cudaError_t CUDARTAPI cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  Call call;
  return report(fill({to, value, bytes}, object_of(stream)));
}
}
