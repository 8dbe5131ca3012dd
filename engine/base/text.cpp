#include "engine/base/text.h"

namespace base {

std::string one_line(const std::string& text) {
  std::string line = text;
  while (!line.empty() && line.back() == '\n') line.pop_back();
  for (char& c : line)
    if ((c >= 0 && c < 0x20) || c == 0x7f) c = ' ';
  return line;
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    auto lead = static_cast<unsigned char>(text[at]);
    size_t size = lead < 0x80   ? 1
                  : lead < 0xc2 ? 0
                  : lead < 0xe0 ? 2
                  : lead < 0xf0 ? 3
                  : lead < 0xf5 ? 4
                                : 0;
    if (size == 0 || size > text.size() - at) return false;
    for (size_t i = 1; i < size; ++i)
      if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return false;
    auto second = size > 1 ? static_cast<unsigned char>(text[at + 1]) : 0;
    bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    bool out_of_range = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
    if (overlong || out_of_range) return false;
    at += size;
  }
  return true;
}

}  // namespace base
