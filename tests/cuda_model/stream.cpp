// Streams and events.
#include "tests/cuda_model/calls.h"
#include "tests/cuda_model/capture.h"
#include "tests/cuda_model/memory.h"

using namespace cuda_model;

namespace {

cudaError_t create(cudaStream_t* stream, bool blocking) {
  if (cudaError_t refused = refuse_in_capture()) return refused;
  *stream = new_stream(current_device(), blocking);
  return context_error(current_device());
}

cudaError_t create(cudaEvent_t* event, unsigned flags) {
  *event = new CUevent_st;
  (*event)->device = current_device();
  (*event)->timed = !(flags & cudaEventDisableTiming);
  return context_error(current_device());
}

cudaError_t record(CUevent_st* event, CUstream_st* stream) {
  if (event->device != stream->device) return cudaErrorInvalidResourceHandle;
  if (cudaError_t broken = context_error(stream->device)) return broken;
  if (stream->capture) return capture_event(stream, event);
  event->capture = nullptr;
  event->moment = std::make_shared<Moment>();
  submit(stream, {.step = [] { return true; }, .reaches = event->moment});
  return cudaSuccess;
}

cudaError_t wait(CUstream_st* stream, CUevent_st* event) {
  if (cudaError_t broken = context_error(stream->device)) return broken;
  if (stream->capture || event->capture) return capture_wait(stream, event);
  // CUDA takes a wait for an event that was never recorded as done: nobody means that.
  if (!event->moment) fail("a stream waits for an event that was never recorded");
  submit(stream, {.awaited = event->moment, .step = [] { return true; }});
  return cudaSuccess;
}

// The error that a query of, or a wait for, the event gives at once.
cudaError_t refuse(CUevent_st* event) {
  if (event->capture) {
    event->capture->invalid = true;
    return cudaErrorCapturedEvent;
  }
  if (cudaError_t refused = refuse_in_capture()) return refused;
  return context_error(event->device);
}

cudaError_t elapsed(float* milliseconds, CUevent_st* start, CUevent_st* end) {
  if (!start->timed || !end->timed || !start->moment || !end->moment)
    return cudaErrorInvalidResourceHandle;
  for (CUevent_st* event : {start, end})
    if (cudaError_t refused = refuse(event)) return refused;
  if (!start->moment->reached || !end->moment->reached) return cudaErrorNotReady;
  using Milliseconds = std::chrono::duration<float, std::milli>;
  *milliseconds = Milliseconds(end->moment->time - start->moment->time).count();
  return cudaSuccess;
}

cudaError_t synchronize(CUstream_st* stream) {
  if (cudaError_t refused = refuse_captured(stream)) return refused;
  if (cudaError_t refused = refuse_in_capture()) return refused;
  finish(stream);
  return context_error(stream->device);
}

}  // namespace

bool cuda_model::is_destroyed(cudaStream_t stream) { return stream && stream->destroyed; }

extern "C" {

cudaError_t CUDARTAPI cudaStreamCreate(cudaStream_t* stream) {
  Call call;
  return report(create(stream, true));
}

cudaError_t CUDARTAPI cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  Call call;
  return report(create(stream, !(flags & cudaStreamNonBlocking)));
}

cudaError_t CUDARTAPI cudaStreamDestroy(cudaStream_t stream) {
  Call call;
  object_of(stream)->destroyed = true;  // "the function will return immediately", work goes on
  return report(context_error(stream->device));
}

cudaError_t CUDARTAPI cudaStreamSynchronize(cudaStream_t stream) {
  Call call;
  return report(synchronize(object_of(stream)));
}

cudaError_t CUDARTAPI cudaStreamQuery(cudaStream_t stream) {
  Call call;
  CUstream_st* on = object_of(stream);
  if (cudaError_t refused = refuse_captured(on)) return report(refused);
  run_a_little(on);
  if (cudaError_t broken = context_error(on->device)) return report(broken);
  return idle(on) ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t CUDARTAPI cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  Call call;
  return report(wait(object_of(stream), object_of(event)));
}

cudaError_t CUDARTAPI cudaDeviceSynchronize() {
  Call call;
  if (cudaError_t refused = refuse_in_capture()) return report(refused);
  // "It is also invalid to query the execution status of or synchronize a broader handle which
  // encompasses active stream capture": whichever thread asks.
  if (lose_captures_of_device(current_device())) return report(cudaErrorStreamCaptureUnsupported);
  finish_device(current_device());
  check_surroundings();
  return report(context_error(current_device()));
}

cudaError_t CUDARTAPI cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  Call call;
  return report(create(event, flags));
}

cudaError_t CUDARTAPI cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t CUDARTAPI cudaEventDestroy(cudaEvent_t event) {
  Call call;
  object_of(event)->destroyed = true;
  return report(context_error(event->device));
}

cudaError_t CUDARTAPI cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  Call call;
  return report(record(object_of(event), object_of(stream)));
}

cudaError_t CUDARTAPI cudaEventQuery(cudaEvent_t event) {
  Call call;
  if (cudaError_t refused = refuse(object_of(event))) return report(refused);
  if (event->moment && !event->moment->reached) run_a_little(event->moment->stream);
  return !event->moment || event->moment->reached ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t CUDARTAPI cudaEventSynchronize(cudaEvent_t event) {
  Call call;
  if (cudaError_t refused = refuse(object_of(event))) return report(refused);
  if (!event->moment) fail("the host waits for an event that was never recorded");
  finish(event->moment);
  return report(context_error(event->device));
}

cudaError_t CUDARTAPI cudaEventElapsedTime(float* milliseconds, cudaEvent_t start,
                                           cudaEvent_t end) {
  Call call;
  return report(elapsed(milliseconds, object_of(start), object_of(end)));
}
}
