// Checks this project's code against a file of cases taken from the original's own tests.
//   reference_cases FILE
// Prints a line per case and returns 0 if all pass, 1 if one fails, 2 if the file cannot be read.
#include <fmt/core.h>

#include <fstream>

#include "tests/reference_cases/cases.h"

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: reference_cases FILE\n");
    return 2;
  }
  try {
    std::ifstream file(arguments[1]);
    if (!file) {
      fmt::print(stderr, "{}: cannot be opened\n", arguments[1]);
      return 2;
    }
    reference::Outcome outcome = reference::run_cases(nlohmann::json::parse(file));
    fmt::print("{} passed, {} failed\n", outcome.passed, outcome.failed);
    return outcome.failed ? 1 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", arguments[1], error.what());
    return 2;
  }
}
