// Waits for the ranks that were started on this machine.
#pragma once
#include <sys/types.h>

#include <atomic>
#include <vector>

namespace tools {

// Waits until all of `ranks`, the processes of ranks 0, 1, ..., have ended. If one fails, kills
// those that do not end by themselves soon after, with all other members of the process group
// `group`. Returns the exit code of the whole, as run_local_ranks() does; if a rank is ended by the
// signal `handed_on`, which all have got from their parent, 128 and its number.
int wait_for_ranks(std::vector<pid_t> ranks, pid_t group, const std::atomic<int>& handed_on);

}  // namespace tools
