// Evaluates a model in training on data.val.
#pragma once
#include <memory>
#include <string>

#include "tools/run/evaluate_model.h"
#include "tools/run/training_model.h"

namespace run {

class Validation {
 public:
  // All three must outlive this object. It allocates its memory in the first run().
  Validation(const config::RunConfig& config, const TrainingData& data, TrainingModel& model)
      : config_(config), data_(data), model_(model) {}

  // Evaluates the moving averages of the weights, if there are any, else the weights. Afterwards
  // the model has its weights again, also after an error. `watch` is that of evaluate_model().
  ModelEvaluation run(const logs::EvaluationWatch& watch);
  double seconds() const { return seconds_; }  // that the latest run() took

  // The metric that train.early_stopping.metric names, or -1 if it has no value.
  double chosen_metric(const data::Evaluation&) const;
  std::string unreadable_in_words(const ModelEvaluation&) const;
  // Such as "mAP 0.1234, mAP50 0.2345, AR100 0.3456 on 8 images in 0.1 s", or why there is no
  // metric.
  std::string in_words(const ModelEvaluation&) const;

 private:
  void share_statistics();

  const config::RunConfig& config_;
  const TrainingData& data_;
  TrainingModel& model_;
  std::unique_ptr<Inference> inference_;
  double seconds_ = 0;
};

}  // namespace run
