#include "engine/base/tell.h"

#include <cerrno>
#include <iostream>

#include "engine/base/text.h"

namespace base {

void tell(const std::string& text) {
  // At once: the lines of several processes stay whole.
  std::cerr << std::string(program_invocation_short_name) + ": " + printable(text) + "\n";
}

}  // namespace base
