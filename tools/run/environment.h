// What env.json and other files say of this machine.
#pragma once
#include <string>

namespace run {

std::string cpu_model();  // as the system tells it, or "unknown"

}  // namespace run
