// The scope of one operation. It names the steps that the operation records on the tape, so that
// errors in their gradients name it, and is a range in profilers. For engine/ops and the tape.
#pragma once
#include <utility>

#include "engine/base/ranges.h"
#include "engine/context.h"

namespace engine {

class Operation {
 public:
  Operation(const Context& c, const char* name) : range_(name), tape_(c.tape) {  // a literal
    if (tape_) outer_ = std::exchange(tape_->operation_, name);
  }
  ~Operation() {
    if (tape_) tape_->operation_ = outer_;
  }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

 private:
  base::Range range_;
  Tape* tape_;
  const char* outer_ = nullptr;
};

}  // namespace engine
