#include "engine/base/tell.h"

#include <cerrno>
#include <iostream>

#include "engine/base/text.h"

namespace base {

void tell(const std::string& text) {
  // One write for the line, so that lines of several processes do not mix.
  std::cerr << std::string(program_invocation_short_name) + ": " + printable(text) + "\n";
}

}  // namespace base
