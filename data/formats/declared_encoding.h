// XML files in encodings that pugixml does not read.
#pragma once
#include <string>
#include <string_view>

namespace data {

// The text in UTF-8, if it is not UTF-8 already and its XML declaration names one of the encodings
// of Windows, of East Asia or of ISO 8859 that older labelling tools write, such as GBK,
// Shift_JIS or windows-1252. Else empty. Throws Error(data), which begins with `where`, if the text
// is not of the encoding that it declares, or if the system cannot convert it.
std::string converted_to_utf8(std::string_view xml, const std::string& where);

}  // namespace data
