// Computes the COCO metrics of a model on a data set.
#pragma once
#include "data/metrics/coco_eval.h"
#include "engine/collectives/collectives.h"
#include "tools/config/run_config.h"
#include "tools/logs/evaluation_watch.h"
#include "tools/logs/training_log.h"
#include "tools/run/class_list.h"
#include "tools/run/inference.h"

namespace run {

struct ModelEvaluation {
  data::Evaluation metrics;
  std::vector<data::Detection> detections;
  int64_t unreadable = 0;  // images left out, with data.on_bad_image=skip
  bool stopped = false;    // before its end, so that there are no metrics
  double seconds = 0;      // from the first image to the last, without the metrics
};

// Runs all images of `dataset` through `inference`. Classes are matched by name. As in the
// original, detections of classes that the data set lacks are left out at the end: before that they
// count for eval.max_total. reference_area of EvaluationOptions holds if either the configuration
// or `metrics` sets it. Ranks share the images. All get all detections and the 12 metrics; only
// rank 0 gets the rest of the evaluation.
//
// If `watch` asks on one rank for a stop, the evaluation is stopped on all. It is told how many
// images have passed through the model and, afterwards, for how many classes the metrics are known.
ModelEvaluation evaluate_model(Inference& inference, const config::RunConfig&,
                               const data::Dataset& dataset, const ClassList&,
                               data::EvaluationOptions metrics = {},
                               engine::Collectives* ranks = nullptr,
                               const logs::EvaluationWatch& watch = {});

// Why there are no detections at all, such as "nothing was detected, because no box of its classes
// has a score above eval.score_threshold=1". Empty if there are some.
std::string nothing_found_in_words(const ModelEvaluation&, const config::EvalConfig&);

// The 12 metrics with their names, such as "DetectionBoxes_Precision/mAP". Those that could not be
// measured are left out, such as that of small objects if there are none.
logs::NamedValues named_metrics(const data::Evaluation&);

// The prefixes of an evaluation's files in the folder of a run.
inline constexpr const char *kBestEvaluation = "", *kLastEvaluation = "last_";

// Writes metrics.json, per_class.csv and detections.json, each with `prefix` before its name, into
// `folder`. `step` is that of the model.
void write_evaluation(const std::string& folder, const std::string& prefix, const ModelEvaluation&,
                      const data::Dataset&, int64_t step);

}  // namespace run
