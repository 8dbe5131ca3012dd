// Starts the ranks of a run on this machine and looks after them.
#pragma once

namespace tools {

// Runs this program again, with the same arguments, as ranks 0 .. count - 1, which share the cores.
// Hands signals on to them, and ends all of them if one fails. Returns the exit code for the user:
// 0 or 75 if all ranks have ended with it, else that of the first rank that failed, or 6 if a
// signal killed that rank. Throws Error(resources) if a process cannot be started.
int run_local_ranks(int count, char** argv);

}  // namespace tools
