// Text that people write and read: messages and names.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

// The text on one line, harmless to a terminal. Control characters, characters that change the
// direction of writing, and bytes that are not UTF-8 become \n, \t or \x1b. A text of more than
// `most` letters is cut and ends in "...".
std::string printable(std::string_view text, size_t most = std::string_view::npos);

// printable() for a name or a path that comes from data, cut after 100 or 200 letters: a message
// must not consist of a name alone.
std::string printable_name(std::string_view name);
std::string printable_path(std::string_view path);

// Such as "3 of 12 (25.0 %)".
std::string share_in_words(int64_t part, int64_t whole);

// The number of letters of a text: of its UTF-8 characters, and of bytes that belong to none.
size_t letters(std::string_view text);

// Whether the text is UTF-8 as RFC 3629 defines it: without overlong forms, surrogates, and
// characters above U+10FFFF.
bool is_utf8(std::string_view text);

// The name in lower case (of ASCII letters), without blanks, '-' and '_'. Two names of classes with
// the same result are probably meant to be one.
std::string simplified(std::string_view name);

}  // namespace base
