// Lets child processes make candidate plans. A plan that crashes there or takes too long is left
// out.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/cudnn/candidate_plans.h"

namespace engine {

struct PlanRequest {
  std::vector<std::string> command;  // starts a program that calls serve_plans()
  std::string device;                // CudnnDevice::description()
  bool deterministic = false;
  int processes = 1;
};

// Calls found(shape, plans) for each shape as its plans come, from one thread at a time. Calls
// crashed(shape) for each crash. Returns the shapes without an answer: processes could not be
// started, cuDNN does not take descriptions of devices, or every attempt ended in a crash.
std::vector<ConvShape> candidate_plans_of_processes(
    const PlanRequest&, const std::vector<ConvShape>&,
    const std::function<void(const ConvShape&, CudnnCandidatePlans)>& found,
    const std::function<void(const ConvShape&)>& crashed);

// Does the work of such a process over these file descriptors until `in` ends. Calls
// `before_attempt` before each attempt to build a plan. Returns the exit code.
int serve_plans(int in, int out, const std::function<void()>& before_attempt = {});

}  // namespace engine
