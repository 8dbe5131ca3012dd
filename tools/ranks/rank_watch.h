// Waits for the ranks that were started on this machine.
#pragma once
#include <sys/types.h>

#include <atomic>
#include <vector>

namespace tools {

// Waits until all of `ranks`, the processes of ranks 0, 1, ..., have ended. If one fails, kills
// those that do not end by themselves soon after, with all other members of the process group
// `group`. Returns the exit code that run_local_ranks() returns. If the signal `handed_on`, which
// all ranks got from their parent, ends a rank, the code is 128 plus the signal's number.
int wait_for_ranks(std::vector<pid_t> ranks, pid_t group, const std::atomic<int>& handed_on);

}  // namespace tools
