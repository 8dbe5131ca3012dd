// Lines for people on stderr.
#pragma once
#include <string>

namespace base {

// Writes a line "program: text", with the name by which this program was started. The text becomes
// printable.
void tell(const std::string& text);

}  // namespace base
