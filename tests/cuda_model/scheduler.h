// Runs what streams hold, in an order that CUDA allows and the schedule chooses.
#pragma once
#include "tests/cuda_model/objects.h"

namespace cuda_model {

CUstream_st* default_stream(int device);
CUstream_st* new_stream(int device, bool blocking);

// Adds to the end of the stream's queue. Some queued work may run at once.
void submit(CUstream_st*, Operation);
// One entry that runs the work.
Operation whole(Work);

bool idle(const CUstream_st*);
void finish(CUstream_st*);      // runs until the stream is empty
void finish(const MomentPtr&);  // runs until the moment is reached
void finish_device(int device);
void run_a_little(CUstream_st*);  // a step, so that a host which only asks comes to an end

// The error that took the device's context away; cudaSuccess while it works. `what` says why.
cudaError_t context_error(int device);
const std::string& context_story(int device);
void break_context(int device, cudaError_t, const std::string& story);

}  // namespace cuda_model
