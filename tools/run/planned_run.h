// Runs a step on a device that only counts memory (engine/planning_backend.h). This tells what a
// run will hold, and which convolutions it will need.
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
  // If `noted` is given, the convolutions are added to it; `backend` makes no plans for them, and
  // their workspaces do not count. If it is null, `backend` makes the plans, and the workspaces
  // count.
  PlannedRun(engine::Backend& backend, const config::RunConfig&,
             std::set<engine::ConvShape>* noted = {});

  // Runs one training step.
  MemoryPlan train(int batch_size);
  // Runs the detection of one batch, and writes its memory to `plan`. If train() ran before, the
  // peak of the step memory is that of both, so use an object of its own to learn only this one.
  void evaluate(int batch_size, MemoryPlan& plan);
  // The multiply-adds of all convolutions for one image.
  int64_t macs_of_image();

 private:
  const config::RunConfig& config_;
  Device device_;
  engine::PlanningBackend& counted_;
  engine::Parameters parameters_;
  model::Detector detector_;
};

// The parts of a run on a device.
struct RunParts {
  bool training = false;
  int evaluation_batch = 0;  // images; 0 if there is no evaluation
};
// The convolutions of a training step and of the detection in a batch.
std::set<engine::ConvShape> convolutions_of(engine::Backend&, const config::RunConfig&, RunParts);
// PlannedRun::macs_of_image.
int64_t macs_of_image(engine::Backend&, const config::RunConfig&);
// Calls Backend::prepare for these convolutions, so that their plans are made at once.
void prepare_convolutions(engine::Backend&, const config::RunConfig&, RunParts);

}  // namespace run
