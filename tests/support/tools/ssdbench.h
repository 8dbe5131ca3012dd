// Runs ssdbench.
#pragma once
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/paths.h"

namespace tests {

inline Outcome bench(const std::string& arguments) {
  return run(program("ssdbench").string() + " " + arguments);
}

// The one line that it prints with --json.
inline nlohmann::json printed(const std::string& arguments) {
  const Outcome outcome = bench(arguments);
  INFO(arguments << "\n" << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 1);
  return nlohmann::json::parse(outcome.out);
}

// A data set of 6 images in COCO form: its folder.
inline std::string drawn_set(const std::string& folder) {
  const std::string set = folder + "/set";
  REQUIRE(run(program("ssddata").string() + " synth " + set +
              " --train 4 --val 2 --width 64 --height 64")
              .exit_code == 0);
  return set;
}

}  // namespace tests
