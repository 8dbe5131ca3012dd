// What the calls of CUDA's runtime have in common.
#pragma once
#include "tests/cuda_model/fault.h"
#include "tests/cuda_model/scheduler.h"

namespace cuda_model {

// Held by every call: one at a time, and faults are watched for.
class Call {
 public:
  Call() : held_(lock()) { watch_for_faults(); }

 private:
  std::lock_guard<std::recursive_mutex> held_;
};

// Remembers an error for cudaGetLastError, as every call does. Returns it.
cudaError_t report(cudaError_t);

int current_device();  // of the calling thread
bool is_device(int ordinal);

// The object behind a handle. The default stream for null. A destroyed one breaks a rule.
CUstream_st* object_of(cudaStream_t);
CUevent_st* object_of(cudaEvent_t);

// The error of a call that must not be made while this thread captures, and the capture is lost;
// cudaSuccess if none is. "If the local thread has an ongoing capture sequence ... it is prohibited
// from potentially unsafe API calls" (cudaThreadExchangeStreamCaptureMode).
cudaError_t refuse_in_capture();
// The same for a call about a stream that is itself captured.
cudaError_t refuse_captured(CUstream_st*);

// Adds work to the stream, or to the graph that it is captured into.
cudaError_t queue_work(CUstream_st*, Work);

}  // namespace cuda_model
