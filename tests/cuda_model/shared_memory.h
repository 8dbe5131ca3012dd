// The shared memory of the block that runs: filled at first use, and watched for races.
#pragma once

namespace cuda_model {

void watch_shared(bool);  // whether this thread runs a kernel whose threads meet
void begin_shared_block();
void end_shared_phase();  // at a barrier and at the end: breaks a rule if there was a race

}  // namespace cuda_model
