// Files of weights in other formats, named for what they are.
#pragma once
#include <string>
#include <string_view>

namespace engine {

// What a file that is no safetensors file seems to be, and how to go on; empty: unknown. `head`:
// its first 8 bytes; `tail`: its last 8.
std::string foreign_weights(std::string_view head, std::string_view tail);

}  // namespace engine
