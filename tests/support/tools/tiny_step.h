// A training step of a detector so small that it takes milliseconds, on random pictures.
#pragma once
#include "benchmarks/random_batch.h"
#include "tests/support/engine/bench.h"
#include "tools/run/training_step.h"

namespace tests {

model::DetectorOptions tiny_detector();

class TinyStep {
 public:
  // `graph` false: every step is queued anew instead of replayed.
  TinyStep(const std::string& device, const std::string& precision, bool graph = true);

  // Two batches in turn. `delay` keeps the queues of copies and of steps busy for up to so many
  // microseconds before each step of a GPU.
  void run(int steps, int delay = 0);
  // Everything that a step changes, as bytes.
  std::vector<std::vector<char>> state();
  void restore(const std::vector<std::vector<char>>&);
  // Overwrites all step memory, as a step before could have left it. Not inside a step.
  void fill_step_memory(unsigned char byte);

  run::Device& device() { return device_; }
  run::StepLosses losses() const { return step_.losses(); }

 private:
  std::vector<View> changing() const;

  static constexpr int kImages = 2, kMaxBoxes = 10;
  run::Device device_;
  engine::Parameters parameters_;
  model::Detector detector_;
  engine::Optimizer optimizer_;
  run::TrainingStep step_;
  benchmarks::RandomBatch batch_;
  std::vector<uint8_t> negative_;  // of its pictures
  data::Batch other_;
};

}  // namespace tests
