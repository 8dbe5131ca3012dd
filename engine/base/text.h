// Text for people: what may stand in a message.
#pragma once
#include <string>

namespace base {

// Control characters replaced by spaces, so that a message is one line whatever file names it
// quotes.
std::string one_line(const std::string& text);

}  // namespace base
