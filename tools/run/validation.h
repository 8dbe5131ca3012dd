// Evaluations of a model in training, on data.val.
#pragma once
#include <memory>
#include <string>

#include "tools/run/evaluate_model.h"
#include "tools/run/training_model.h"

namespace run {

class Validation {
 public:
  // Memory for it is taken at the first run(). Everything must outlive it.
  Validation(const config::RunConfig& config, const TrainingData& data, TrainingModel& model)
      : config_(config), data_(data), model_(model) {}

  // With the moving averages of the weights where there are any. The weights in training are back
  // in their place afterwards, also when it throws.
  ModelEvaluation run();
  double seconds() const { return seconds_; }  // of the latest

  // The metric of train.early_stopping.metric; -1 where it has no value.
  double chosen_metric(const data::Evaluation&) const;
  // "mAP 0.1234, mAP50 0.2345, AR100 0.3456 on 8 images in 0.1 s", or why there is no metric.
  std::string in_words(const ModelEvaluation&) const;

 private:
  const config::RunConfig& config_;
  const TrainingData& data_;
  TrainingModel& model_;
  std::unique_ptr<Inference> inference_;
  double seconds_ = 0;
};

}  // namespace run
