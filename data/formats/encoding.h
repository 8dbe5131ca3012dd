// Recognises text that is not UTF-8 because its letters have 16 or 32 bits.
#pragma once
#include <string>
#include <string_view>

namespace data {

// The encoding as iconv calls it, such as "UTF-16LE", or "UTF-16" if the text begins with a byte
// order mark. Empty for UTF-8 and other encodings of bytes.
std::string wide_encoding(std::string_view text);

// The message for such a text; empty for any other text.
std::string wide_in_words(std::string_view text);

}  // namespace data
