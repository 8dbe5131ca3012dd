// What the process may still take from the system: address space and threads. A library that gets
// none ends the program by a signal or with a message of its own. So the library is called only if
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

// What a library takes to prepare an operation, such as the code that it compiles.
inline constexpr size_t kPreparingRoom = size_t(16) << 20;

// Throws Error(resources) if there is no room. `what` is its purpose: "to prepare a convolution".
void require_room(size_t bytes, const char* what);

}  // namespace base
