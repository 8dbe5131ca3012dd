// Runs training steps, which compute losses and update the weights. A step can be recorded and
// replayed. With ranks (Device::join), the gradients of all are added up before the update.
#pragma once
#include "engine/collectives/gradient_sums.h"
#include "engine/optimizer.h"
#include "engine/replay.h"
#include "model/loss.h"
#include "tools/run/device.h"
#include "tools/run/device_batch.h"

namespace run {

struct StepOptions {
  int batch_size = 1, max_boxes = 100;
  int accumulate = 1;  // batches per update
  bool graph = true;   // whether a step is recorded once and then replayed
  kernels::ChannelScaling scaling;
  model::LossOptions loss;
  engine::GradientSumOptions sums;  // over ranks
};

struct StepLosses {
  double localization = 0, classification = 0, regularization = 0, total = 0;
};

class TrainingStep {
 public:
  TrainingStep(Device&, model::Detector&, engine::Parameters&, engine::Optimizer&,
               const StepOptions&);

  // Queues the work for one batch. Every `accumulate` batches this includes an update of the
  // weights; then it returns true. It waits for earlier steps but not for this one. The batch may
  // be reused afterwards.
  bool run(const data::Batch&);
  // The losses of the latest batch or, with ranks, those of the latest update over all ranks. Waits
  // for the device.
  StepLosses losses() const;
  // The bytes of a copy of the gradients in the dtype in which ranks add them up; 0 if there is
  // none.
  size_t copy_bytes() const { return sums_.copy_bytes(); }

 private:
  bool queue_work();
  void gradients(bool last);
  void update();
  engine::View report() const;
  StepLosses over_ranks(StepLosses sums) const;

  Device& device_;
  model::Detector& detector_;
  engine::Parameters& parameters_;
  engine::Optimizer& optimizer_;
  StepOptions options_;
  model::Anchors anchors_;
  DeviceBatch batch_;
  engine::Memory report_;
  engine::GradientSums sums_;
  engine::Replay gradients_, last_;  // a batch of an update; the last one, with the update itself
  int gathered_ = 0;                 // batches since the last update
};

}  // namespace run
