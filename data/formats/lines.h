// The lines of a text.
#pragma once
#include <algorithm>
#include <string_view>

namespace data {

// Calls take(line, number) for each line, without its end and the blanks before that.
template <class Take> void for_lines(std::string_view text, Take take) {
  for (int number = 1; !text.empty(); ++number) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    take(line, number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace data
