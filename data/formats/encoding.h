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

// What is odd about an XML text whose declaration names another encoding than UTF-8.
enum class EncodingDoubt {
  none,
  is_utf8,        // it is read as UTF-8, because its bytes are UTF-8
  could_be_utf8,  // it is read as it declares, but its bytes could also be UTF-8
};

struct XmlInUtf8 {
  std::string converted;  // empty: the bytes are to be read as they are
  EncodingDoubt doubt = EncodingDoubt::none;
};

// Converts an XML text that declares one of the encodings of Windows, of East Asia or of ISO 8859
// that older labelling tools write, such as GBK, Shift_JIS or windows-1252. A text that is UTF-8
// stays as it is, with one exception: if it declares an encoding of East Asia, and its letters
// beyond ASCII all have two bytes, these bytes can be words of that encoding, and it is taken.
// Throws Error(data), which begins with `where`, if the text is not of the encoding that it
// declares, or if the system cannot convert it.
XmlInUtf8 xml_in_utf8(std::string_view xml, const std::string& where);

}  // namespace data
