// What an action says that has to fail.
#pragma once
#include <string>

#include "engine/base/error.h"
#include "tests/support/catch.h"

namespace tests {

// The message of the base::Error with which the action ends, or "no error". Checks its exit code,
// and that it is one line.
template <class Action>
std::string failure(const Action& action, base::ExitCode code = base::ExitCode::data) {
  try {
    action();
  } catch (const base::Error& error) {
    const std::string message = error.what();
    CHECK(error.code() == code);
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  return "no error";
}

}  // namespace tests
