// The HTML report of one evaluation: ssdeval --report.
#pragma once
#include <span>
#include <string>

#include "data/metrics/coco_eval.h"
#include "tools/config/run_config.h"
#include "tools/run/class_list.h"

namespace tools {

struct EvaluationPage {
  std::string title, data;  // what was evaluated, and on what
  const data::Dataset& truth;
  std::span<const data::Detection> detections;
  const data::Evaluation& metrics;
  data::EvaluationOptions options;
  const config::RunConfig* config = nullptr;  // null for a results file
  const run::ClassList* classes = nullptr;    // of the model; null for a results file
};

// Writes the page, whole or not at all, and creates its folder. Throws Error(data) if that fails.
void write_evaluation_page(const std::string& path, const EvaluationPage&);

}  // namespace tools
