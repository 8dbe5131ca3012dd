// Candidate plans made by child processes. What crashes there, or takes too long, is left out.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/cudnn/candidate_plans.h"

namespace engine {

struct PlanRequest {
  std::vector<std::string> command;  // starts a process that calls serve_plans()
  std::string device;                // CudnnDevice::description()
  bool deterministic = false;
  int processes = 1;
};

// Calls found(shape, plans) for each shape as its plans come, in one thread at a time. Returns the
// shapes of which there is no answer, because processes could not be started, cuDNN does not take
// descriptions of devices, or every answer ended in a crash. `crashed` is told each crash.
std::vector<ConvShape> candidate_plans_of_processes(
    const PlanRequest&, const std::vector<ConvShape>&,
    const std::function<void(const ConvShape&, CudnnCandidatePlans)>& found,
    const std::function<void(const ConvShape&)>& crashed);

// The work of such a process, over these file descriptors until `in` ends. `before_attempt` is
// called before each attempt to build a plan. Returns the exit code.
int serve_plans(int in, int out, const std::function<void()>& before_attempt = {});

}  // namespace engine
