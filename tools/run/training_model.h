// The network of a training run, with its optimiser and its step, on a device.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tools/run/memory_plan.h"
#include "tools/run/training_data.h"
#include "tools/run/training_step.h"

namespace run {

class TrainingModel {
 public:
  // First plans the memory; throws Error(resources) if it does not fit. Then takes the weights from
  // `resumed` if it is not null, or from checkpoint.init_from, or draws them with the seed.
  // `config` must outlive the model and says the number of classes.
  TrainingModel(const config::RunConfig& config, const TrainingData&, int64_t total_steps,
                const ModelFile* resumed);

  Device& device() { return device_; }
  const Device& device() const { return device_; }
  const engine::Parameters& parameters() const { return parameters_; }
  const model::Detector& detector() const { return *detector_; }
  engine::Optimizer& optimizer() { return *optimizer_; }
  const engine::Optimizer& optimizer() const { return *optimizer_; }
  TrainingStep& step() { return *step_; }
  const MemoryPlan& plan() const { return plan_; }
  std::string in_words(const config::RunConfig&);
  std::string memory_in_words();
  const std::vector<std::string>& remarks() const { return remarks_; }  // on memory and weights

 private:
  void plan_ahead(const config::RunConfig&, const TrainingData&);
  void start_weights(const config::RunConfig&, const ClassList&, const ModelFile* resumed);
  void add_remarks(const std::vector<std::string>&);

  Device device_;
  MemoryPlan plan_;
  engine::Parameters parameters_;
  std::unique_ptr<model::Detector> detector_;
  std::unique_ptr<engine::Optimizer> optimizer_;
  std::unique_ptr<TrainingStep> step_;
  std::vector<std::string> remarks_;
};

}  // namespace run
