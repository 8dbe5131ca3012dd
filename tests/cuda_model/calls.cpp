#include "tests/cuda_model/calls.h"

#include <cstdlib>

#include "tests/cuda_model/capture.h"
#include "tests/cuda_model/settings.h"

namespace cuda_model {
namespace {

thread_local cudaError_t last = cudaSuccess;
thread_local int device = 0;

// The context's error comes again with every call: "the process must be terminated and relaunched".
cudaError_t last_error() {
  const cudaError_t broken = context_error(device);
  return broken != cudaSuccess ? broken : last;
}

}  // namespace

cudaError_t report(cudaError_t error) {
  if (error != cudaSuccess) last = error;
  return error;
}

int current_device() { return device; }
bool is_device(int ordinal) { return ordinal >= 0 && ordinal < settings().devices; }

CUstream_st* object_of(cudaStream_t stream) {
  if (!stream || stream == cudaStreamLegacy) return default_stream(device);
  if (stream->destroyed) fail("a stream is used after it was destroyed");
  return stream;
}

CUevent_st* object_of(cudaEvent_t event) {
  if (event->destroyed) fail("an event is used after it was destroyed");
  return event;
}

cudaError_t refuse_in_capture() {
  const CapturePtr capture = capture_of_this_thread();
  if (!capture) return cudaSuccess;
  capture->invalid = true;
  return cudaErrorStreamCaptureUnsupported;
}

cudaError_t refuse_captured(CUstream_st* stream) {
  if (!stream->capture) return cudaSuccess;
  stream->capture->invalid = true;
  return cudaErrorStreamCaptureUnsupported;
}

cudaError_t queue_work(CUstream_st* stream, Work work) {
  if (cudaError_t broken = context_error(stream->device)) return broken;
  if (stream->capture) return capture_work(stream, std::move(work));
  if (stream->is_default && lose_captures_of_blocking_streams())
    return cudaErrorStreamCaptureImplicit;
  submit(stream, whole(std::move(work)));
  if (const char* blocking = std::getenv("CUDA_LAUNCH_BLOCKING"); blocking && *blocking == '1')
    finish(stream);
  return cudaSuccess;
}

cudaError_t enqueue(cudaStream_t stream, std::function<void()> work, std::string name) {
  Call call;
  CUstream_st* on = object_of(stream);
  return report(queue_work(on, {std::move(name), on->device, std::move(work)}));
}

}  // namespace cuda_model

using namespace cuda_model;

extern "C" {

cudaError_t CUDARTAPI cudaGetLastError() {
  Call call;
  const cudaError_t error = last_error();
  last = cudaSuccess;
  return error;
}

cudaError_t CUDARTAPI cudaPeekAtLastError() {
  Call call;
  return last_error();
}

cudaError_t CUDARTAPI cudaGetDevice(int* ordinal) {
  *ordinal = device;
  return cudaSuccess;
}

cudaError_t CUDARTAPI cudaSetDevice(int ordinal) {
  Call call;
  if (!is_device(ordinal)) return report(cudaErrorInvalidDevice);
  device = ordinal;
  return report(context_error(ordinal));
}
}
