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
  // With `noted`, the convolutions are only noted there: `backend` makes no plans, and workspaces
  // do not count. Without, `backend` makes the plans, and their workspaces count.
  PlannedRun(engine::Backend& backend, const config::RunConfig&,
             std::set<engine::ConvShape>* noted = {});

  // One step.
  MemoryPlan train(int batch_size);
  // One batch, and adds its memory to that of train(). The arena's peak is the larger one of both,
  // so use a run of its own to learn the peak of one of them.
  void evaluate(int batch_size, MemoryPlan& plan);

 private:
  const config::RunConfig& config_;
  Device device_;
  engine::PlanningBackend& counted_;
  engine::Parameters parameters_;
  model::Detector detector_;
};

// What a run will do on a device.
struct RunParts {
  bool training = false;
  int evaluation_batch = 0;  // images; 0: none
};
// The convolutions of a training step and of the detection in a batch.
std::set<engine::ConvShape> convolutions_of(engine::Backend&, const config::RunConfig&, RunParts);
// Tells the device which convolutions will be needed: Backend::prepare.
void prepare_convolutions(engine::Backend&, const config::RunConfig&, RunParts);

}  // namespace run
