#include "engine/base/text.h"

namespace base {

std::string one_line(const std::string& text) {
  std::string line = text;
  while (!line.empty() && line.back() == '\n') line.pop_back();
  for (char& c : line)
    if ((c >= 0 && c < 0x20) || c == 0x7f) c = ' ';
  return line;
}

}  // namespace base
