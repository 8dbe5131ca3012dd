// Streams that record a graph instead of running their work.
#pragma once
#include "tests/cuda_model/objects.h"

namespace cuda_model {

// The capture that forbids the calling thread what is unsafe in captures; null if none does.
CapturePtr capture_of_this_thread();
// Captured streams that the default stream would wait for: their captures become invalid. False:
// there are none.
bool lose_captures_of_blocking_streams();
// Whether a stream of the device is captured; those captures become invalid.
bool lose_captures_of_device(int device);

cudaError_t capture_work(CUstream_st*, Work);
// cudaEventRecord and cudaStreamWaitEvent, where a capture takes part.
cudaError_t capture_event(CUstream_st*, CUevent_st*);
cudaError_t capture_wait(CUstream_st*, CUevent_st*);

}  // namespace cuda_model
