#include "engine/base/tell.h"

#include <cerrno>
#include <iostream>

#include "engine/base/text.h"

namespace base {

void tell(const std::string& text) {
  std::cerr << program_invocation_short_name << ": " << printable(text) << std::endl;
}

}  // namespace base
