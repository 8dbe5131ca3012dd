// A run on a device that only counts (engine/planning_backend.h): what it will hold, and which
// convolutions it will ask for.
#pragma once
#include <memory>
#include <set>

#include "engine/planning_backend.h"
#include "model/detector.h"
#include "tools/run/device.h"
#include "tools/run/memory_plan.h"

namespace run {

class PlannedRun {
 public:
  // `noted`: receives the convolutions, and nothing is asked of `backend`, whose workspaces then do
  // not count. Null: workspaces are those of its plans, which it makes.
  PlannedRun(engine::Backend& backend, const config::RunConfig&,
             std::set<engine::ConvShape>* noted = {});

  // One step.
  MemoryPlan train(int batch_size);
  // One batch; adds to the plan of train(), which uses more memory or less: the arena's peak is of
  // both, so each wants a run of its own.
  void evaluate(int batch_size, MemoryPlan& plan);

 private:
  const config::RunConfig& config_;
  Device device_;
  engine::PlanningBackend& counted_;
  engine::Parameters parameters_;
  model::Detector detector_;
};

// What a run is about to do with a device.
struct RunParts {
  bool training = false;
  int evaluation_batch = 0;  // images; 0: none
};
// The convolutions of a training step and of the detection in a batch.
std::set<engine::ConvShape> convolutions_of(engine::Backend&, const config::RunConfig&, RunParts);
// Tells the device what is coming: Backend::prepare.
void prepare_convolutions(engine::Backend&, const config::RunConfig&, RunParts);

}  // namespace run
