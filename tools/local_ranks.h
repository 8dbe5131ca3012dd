// Starts the ranks of a run on this machine and looks after them.
#pragma once

namespace tools {

// Runs this program again, with the same arguments, as ranks 0 .. count - 1, which share the cores.
// Hands signals on to them, and ends them all when one fails. Returns the exit code for the whole:
// 0 or 75 where all ended so, else that of the first rank that failed, 6 where a signal killed it.
// Error(resources): a process cannot be started.
int run_local_ranks(int count, char** argv);

}  // namespace tools
