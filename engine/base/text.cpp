#include "engine/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace base {
namespace {

// The number of bytes of the UTF-8 character at the start of a text, which is not empty, and its
// code. The number is 0 if there is no such character.
size_t decode(std::string_view text, uint32_t& code) {
  const auto byte = [&](size_t i) { return uint32_t(static_cast<unsigned char>(text[i])); };
  const uint32_t lead = byte(0);
  code = lead;
  if (lead < 0x80) return 1;
  const size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size == 0 || size > text.size()) return 0;
  code = lead & (0x7fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return overlong || surrogate || code > 0x10ffff ? 0 : size;
}

// Control characters of both sets, line separators, and marks of direction.
bool is_harmful(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c ||
         (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

void append_escaped(std::string& line, std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\t' || c == '\r')
      line += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    else
      line += {'\\', 'x', kDigits[value >> 4], kDigits[value & 15]};
  }
}

}  // namespace

std::string printable(std::string_view text, size_t most) {
  std::string line;
  uint32_t code = 0;
  size_t seen = 0;
  for (size_t size = 0; !text.empty(); text.remove_prefix(size)) {
    if (seen++ == most) return line + "...";
    const size_t decoded = decode(text, code);
    size = std::max<size_t>(decoded, 1);
    if (decoded == 0 || is_harmful(code))
      append_escaped(line, text.substr(0, size));
    else
      line += text.substr(0, size);
  }
  return line;
}

std::string printable_name(std::string_view name) {
  constexpr size_t kMost = 100;
  return printable(name, kMost);
}

std::string printable_path(std::string_view path) {
  constexpr size_t kMost = 200;
  return printable(path, kMost);
}

std::string share_in_words(int64_t part, int64_t whole) {
  const double share = whole > 0 ? 100 * double(part) / double(whole) : 0;
  return fmt::format("{} of {} ({:.{}f} %)", part, whole, share, part > 0 && share < 0.1 ? 3 : 1);
}

size_t letters(std::string_view text) {
  uint32_t code = 0;
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(std::max<size_t>(decode(text, code), 1));
  return count;
}

bool is_utf8(std::string_view text) {
  uint32_t code = 0;
  for (size_t size = 0; !text.empty(); text.remove_prefix(size))
    if ((size = decode(text, code)) == 0) return false;
  return true;
}

std::string simplified(std::string_view name) {
  std::string simple;
  for (const unsigned char c : name)
    if (!std::isspace(c) && c != '-' && c != '_') simple += static_cast<char>(std::tolower(c));
  return simple;
}

}  // namespace base
