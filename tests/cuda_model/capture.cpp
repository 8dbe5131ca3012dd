#include "tests/cuda_model/capture.h"

#include "tests/cuda_model/calls.h"

namespace cuda_model {
namespace {

std::vector<CapturePtr>& captures() {  // those that have not ended
  static auto& all = *new std::vector<CapturePtr>;
  return all;
}

void join(CUstream_st* stream, const CapturePtr& capture) {
  stream->capture = capture;
  stream->frontier.clear();
  capture->streams.insert(stream);
}

// Marks the nodes that come before any of `last`, and these.
std::vector<bool> before(const std::vector<Node>& nodes, const std::set<int>& last) {
  std::vector<bool> marked(nodes.size(), false);
  for (int n : last) marked[size_t(n)] = true;
  for (size_t n = nodes.size(); n-- > 0;)  // dependencies have smaller numbers
    if (marked[n])
      for (int earlier : nodes[n].after) marked[size_t(earlier)] = true;
  return marked;
}

bool joined(const Capture& capture) {
  for (bool marked : before(capture.nodes, capture.origin->frontier))
    if (!marked) return false;
  return true;
}

void end(const CapturePtr& capture) {
  for (CUstream_st* stream : capture->streams) stream->capture = nullptr;
  std::erase(captures(), capture);
}

cudaError_t begin_capture(CUstream_st* stream, cudaStreamCaptureMode mode) {
  if (stream->is_default) return cudaErrorStreamCaptureUnsupported;
  if (stream->capture) return cudaErrorIllegalState;
  auto capture = std::make_shared<Capture>();
  capture->origin = stream;
  capture->thread = std::this_thread::get_id();
  capture->mode = mode;
  captures().push_back(capture);
  join(stream, capture);
  return cudaSuccess;
}

cudaError_t end_capture(CUstream_st* stream, cudaGraph_t* graph) {
  *graph = nullptr;
  const CapturePtr capture = stream->capture;
  if (!capture) return cudaErrorIllegalState;
  if (capture->origin != stream) {
    capture->invalid = true;
    return cudaErrorStreamCaptureUnmatched;
  }
  if (capture->mode != cudaStreamCaptureModeRelaxed &&
      capture->thread != std::this_thread::get_id())
    return cudaErrorStreamCaptureWrongThread;
  const bool whole = joined(*capture);
  end(capture);
  if (capture->invalid) return cudaErrorStreamCaptureInvalidated;
  if (!whole) return cudaErrorStreamCaptureUnjoined;
  *graph = new CUgraph_st;
  (*graph)->nodes = std::move(capture->nodes);
  return cudaSuccess;
}

}  // namespace

CapturePtr capture_of_this_thread() {
  for (const CapturePtr& capture : captures())
    if (capture->mode == cudaStreamCaptureModeGlobal ||
        (capture->mode == cudaStreamCaptureModeThreadLocal &&
         capture->thread == std::this_thread::get_id()))
      return capture;
  return nullptr;
}

bool lose_captures_of_blocking_streams() {
  bool any = false;
  for (const CapturePtr& capture : captures())
    for (CUstream_st* stream : capture->streams)
      if (stream->blocking) any = capture->invalid = true;
  return any;
}

bool lose_captures_of_device(int device) {
  bool any = false;
  for (const CapturePtr& capture : captures())
    for (CUstream_st* stream : capture->streams)
      if (stream->device == device) any = capture->invalid = true;
  return any;
}

cudaError_t capture_work(CUstream_st* stream, Work work) {
  Capture& capture = *stream->capture;
  if (capture.invalid) return cudaErrorStreamCaptureInvalidated;
  capture.nodes.push_back({std::move(work), stream->frontier});
  stream->frontier = {int(capture.nodes.size()) - 1};
  return cudaSuccess;
}

cudaError_t capture_event(CUstream_st* stream, CUevent_st* event) {
  if (stream->capture->invalid) return cudaErrorStreamCaptureInvalidated;
  event->capture = stream->capture;
  event->frontier = stream->frontier;
  return cudaSuccess;
}

cudaError_t capture_wait(CUstream_st* stream, CUevent_st* event) {
  if (stream->capture && stream->capture->invalid) return cudaErrorStreamCaptureInvalidated;
  if (!event->capture) {  // "dependency created on uncaptured work in another stream"
    stream->capture->invalid = true;
    return cudaErrorStreamCaptureIsolation;
  }
  if (stream->capture && stream->capture != event->capture) {
    stream->capture->invalid = event->capture->invalid = true;
    return cudaErrorStreamCaptureMerge;
  }
  bool running = false;
  for (const CapturePtr& capture : captures()) running |= capture == event->capture;
  if (!running) return cudaErrorCapturedEvent;
  if (!stream->capture) join(stream, event->capture);
  stream->frontier.insert(event->frontier.begin(), event->frontier.end());
  return cudaSuccess;
}

}  // namespace cuda_model

using namespace cuda_model;

extern "C" {

cudaError_t CUDARTAPI cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  Call call;
  return report(begin_capture(object_of(stream), mode));
}

cudaError_t CUDARTAPI cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  Call call;
  return report(end_capture(object_of(stream), graph));
}

cudaError_t CUDARTAPI cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  Call call;
  const CapturePtr& capture = object_of(stream)->capture;
  *status = !capture           ? cudaStreamCaptureStatusNone
            : capture->invalid ? cudaStreamCaptureStatusInvalidated
                               : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}
}
