// What the process may still take from the system: address space and threads. Libraries that get
// neither end the program by a signal, or with their own words, so they are asked for only where
// there is room.
#pragma once
#include <cstddef>

namespace base {

// The bytes of address space that a limit (`ulimit -v`) leaves to this process. Without a limit,
// the largest number.
size_t address_room();

// The largest stack that a limit (`ulimit -s`) allows. Without a limit, the largest number.
size_t stack_limit();

// Whether so many bytes can be mapped, and so many more threads can run, at this moment.
bool has_room(size_t bytes);
bool has_threads(int count);

// For what a library compiles and counts as it prepares an operation.
inline constexpr size_t kPreparingRoom = size_t(16) << 20;

// Throws Error(resources), with `what` needs the memory: "to prepare a convolution".
void require_room(size_t bytes, const char* what);

}  // namespace base
