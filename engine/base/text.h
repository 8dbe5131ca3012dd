// Text for people: what may stand in a message.
#pragma once
#include <string>
#include <string_view>

namespace base {

// Control characters replaced by spaces, so that a message is one line whatever file names it
// quotes.
std::string one_line(const std::string& text);

// As RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace base
