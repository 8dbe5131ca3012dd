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
  TinyStep(const std::string& device, const std::string& precision, bool graph = true,
           const model::DetectorOptions& = tiny_detector());

  // Two batches in turn. `delay` keeps the queues of copies and of steps busy for up to so many
  // microseconds before each step of a GPU.
  void run(int steps, int delay = 0);
  // After the first step: the gradient of the whole loss, of all trained values.
  Values first_gradient();
  // Everything that a step changes, as bytes.
  std::vector<std::vector<char>> state();
  void restore(const std::vector<std::vector<char>>&);
  // Overwrites all step memory, as a step before could have left it. Not inside a step.
  void fill_step_memory(unsigned char byte);

  run::Device& device() { return device_; }
  run::StepLosses losses() const { return step_.losses(); }
  const std::string& told() const { return told_; }  // what the device told its user

 private:
  std::vector<View> changing() const;

  engine::BackendOptions telling();

  static constexpr int kImages = 2, kMaxBoxes = 10;
  std::string told_;
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
