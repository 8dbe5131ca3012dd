// What the engine chose, and whether that computes what it should.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/conv/conv.h"

namespace tests {

// Every operand of the plan against the plain loops.
void check_values(const engine::ConvShape&, engine::ConvPlan&);

// A choice that a folder of plans keeps.
struct Kept {
  std::string shape, candidate;
  int64_t engine = 0, parts = 0;  // 0: the shape has no plan
};
std::vector<Kept> kept_in(const std::filesystem::path& folder);

}  // namespace tests
