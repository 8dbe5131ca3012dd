// A file that could not be written.
#pragma once
#include <string>

#include "engine/base/error.h"

namespace base {

class WriteError : public Error {
 public:
  // `reason` is the errno of the call that failed.
  WriteError(ExitCode code, const std::string& message, int reason)
      : Error(code, message), reason_(reason) {}
  int reason() const { return reason_; }

 private:
  int reason_;
};

}  // namespace base
