// COCO metrics of a model on a data set.
#pragma once
#include "data/metrics/coco_eval.h"
#include "tools/config/run_config.h"
#include "tools/logs/training_log.h"
#include "tools/run/class_list.h"
#include "tools/run/inference.h"

namespace run {

struct ModelEvaluation {
  data::Evaluation metrics;
  std::vector<data::Detection> detections;
  int64_t unreadable = 0;  // images left out under data.on_bad_image = skip
};

// Runs every image of `dataset` through `inference`. Classes are matched by name; detections of
// classes that the data set lacks are left out after they used their place, as in the original.
// Sizes go by the boxes when either the configuration or `metrics` says so.
ModelEvaluation evaluate_model(Inference& inference, const config::RunConfig&,
                               const data::Dataset& dataset, const ClassList&,
                               data::EvaluationOptions metrics = {});

// The 12 metrics by name, as "DetectionBoxes_Precision/mAP".
logs::NamedValues named_metrics(const data::Evaluation&);

// What the names of an evaluation's files begin with in a run's folder.
inline constexpr const char *kBestEvaluation = "", *kLastEvaluation = "last_";

// `prefix` + metrics.json, per_class.csv and detections.json into `folder`, for a model after
// `step`.
void write_evaluation(const std::string& folder, const std::string& prefix, const ModelEvaluation&,
                      const data::Dataset&, int64_t step);

}  // namespace run
