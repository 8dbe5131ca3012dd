// Texts that are not UTF-8.
#pragma once
#include <string>
#include <string_view>

namespace data {

// The encoding of a text whose letters have 16 or 32 bits, as iconv calls it, such as "UTF-16LE",
// or "UTF-16" if the text begins with a byte order mark. Empty for UTF-8 and other encodings of
// bytes.
std::string wide_encoding(std::string_view text);

// The message for such a text; empty for any other text.
std::string wide_in_words(std::string_view text);

// The text in UTF-8, if it is not UTF-8 already and its XML declaration names one of the encodings
// of Windows, of East Asia or of ISO 8859 that older labelling tools write, such as GBK,
// Shift_JIS or windows-1252. Else empty. Throws Error(data), which begins with `where`, if the text
// is not of the encoding that it declares, or if the system cannot convert it.
std::string converted_to_utf8(std::string_view xml, const std::string& where);

}  // namespace data
