// Training steps of a tiny detector on one of several ranks.
#pragma once
#include "benchmarks/random_batch.h"
#include "engine/collectives/collectives.h"
#include "tools/run/training_step.h"

namespace tests {

struct RankStepOptions {
  engine::Precision precision;
  model::LossNormalizer normalizer = model::LossNormalizer::per_rank;
  bool sync_batch_norm = false;
  int batch_size = 2;
  std::string device = "cpu";
  engine::GradientSumOptions sums;
  int accumulate = 1;     // batches per update; each step() is one
  double loss_scale = 0;  // 0: 1024 in fp16, else 1
};

class RankStep {
 public:
  static constexpr int kImages = 4, kMaxBoxes = 10;  // of the batch that ranks share

  RankStep(const RankStepOptions&, engine::Collectives* ranks);

  // On these rows of the shared batch. `endless`: the first box counts without limit, so that the
  // gradients are not finite.
  void step(const std::vector<int>& rows, bool endless = false);

  engine::OptimizerState state() const { return optimizer_.read_state(); }
  std::vector<kernels::View> weights() const;  // and what the optimiser keeps
  kernels::View statistics() const { return parameters_.statistics(); }
  run::StepLosses losses() const { return step_.losses(); }
  run::Device& device() { return device_; }

 private:
  data::Batch part(const std::vector<int>& rows);

  RankStepOptions options_;
  run::Device device_;
  engine::Parameters parameters_;
  model::Detector detector_;
  engine::Optimizer optimizer_;
  run::TrainingStep step_;
  benchmarks::RandomBatch shared_;
  std::vector<uint8_t> pixels_;
};

}  // namespace tests
