// Text for people: what may stand in a message.
#pragma once
#include <string>
#include <string_view>

namespace base {

// The text on one line, harmless to a terminal: control characters, characters that change the
// direction of writing, and bytes that are not UTF-8 become \n, \t or \x1b. Beyond `most` bytes it
// ends in "...".
std::string printable(std::string_view text, size_t most = std::string_view::npos);

// As RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// As RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace base
