// COCO metrics of a results file, without a model.
#pragma once
#include <iosfwd>
#include <string>

#include "data/metrics/coco_eval.h"

namespace tools {

struct FileEvaluation {
  std::string annotations, detections;  // COCO JSON files
  std::string per_class;                // a CSV file to write, if any
  bool json = false;                    // one JSON object instead of tables
  data::EvaluationOptions options;
};

// Results go to `out`, remarks to `log`. Errors: data.
void evaluate_files(const FileEvaluation& job, std::ostream& out, std::ostream& log);

}  // namespace tools
