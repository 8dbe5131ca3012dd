// The letters that labels are drawn with.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace data {

inline constexpr int kGlyphWidth = 5, kGlyphHeight = 8, kGlyphAdvance = 6;  // pixels at scale 1

// Rows from the top, bit 4 the leftmost pixel. Other characters than printable ASCII: an empty
// frame.
std::span<const uint8_t, kGlyphHeight> glyph(char32_t character);

// One element per character; those outside ASCII become U+FFFD.
std::u32string characters_of(const std::string& utf8);

}  // namespace data
