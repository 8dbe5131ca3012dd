// Convolution plans that are made in processes of their own, so that a crash inside a vendor's
// library costs one plan and not the run.
#pragma once

namespace engine {

// A program whose path is BackendOptions::plan_program may be started by a backend with this
// argument alone. Its `main` then returns run_plan_worker().
inline constexpr const char* kPlanWorkerOption = "--make-convolution-plans";

// Answers on stdin and stdout what engine/cudnn/plan_processes.cpp asks, until stdin ends. Returns
// the exit code.
int run_plan_worker();

}  // namespace engine
