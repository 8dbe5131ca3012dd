// Looks for plans as the engine's deterministic mode does, in child processes: what crashes inside
// cuDNN is a finding like any other.
#pragma once
#include <string>
#include <vector>

#include "tests/cudnn/model_plans.h"

namespace tests {

struct PlanFound {
  enum class Kind { none, ready, compiled, crashed };
  Kind kind = Kind::none;
  int stage = 0;          // see engine::cudnn_candidates
  bool built = false;     // compiling engines are only built where asked for
  size_t workspace = 0;   // bytes, of built plans
  std::string candidate;  // engine::ConvCandidate::name
};

struct FinderOptions {
  bool compile = false;  // build plans that cuDNN compiles, which takes seconds each
  int processes = 2;
};

// In the order of the tasks.
std::vector<PlanFound> find_plans(const std::vector<PlanTask>&, const FinderOptions&);

}  // namespace tests
