// Computes the COCO metrics of a file of detections, without a model.
#pragma once
#include <iosfwd>
#include <string>

#include "data/metrics/coco_eval.h"
#include "tools/dataset_input.h"
#include "tools/run/evaluation_report.h"

namespace tools {

struct FileEvaluation {
  DatasetInput input;      // the objects, in any format
  std::string detections;  // COCO results
  run::ReportRequest report;
  bool overwrite = false;  // replace files that exist
  data::EvaluationOptions options;
};

// Prints results to `out` and remarks to `log`. Throws Error(data).
void evaluate_files(const FileEvaluation& job, std::ostream& out, std::ostream& log);

}  // namespace tools
