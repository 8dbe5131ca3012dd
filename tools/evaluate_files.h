// Computes the COCO metrics of a file of detections, without a model.
#pragma once
#include <iosfwd>
#include <string>

#include "data/metrics/coco_eval.h"
#include "tools/dataset_input.h"

namespace tools {

struct FileEvaluation {
  DatasetInput input;      // the objects, in any format
  std::string detections;  // COCO results
  std::string per_class;   // a CSV file to write, if any
  bool json = false;       // one JSON object instead of tables
  bool overwrite = false;  // replace a file that exists
  data::EvaluationOptions options;
};

// Prints results to `out` and remarks to `log`. Throws Error(data).
void evaluate_files(const FileEvaluation& job, std::ostream& out, std::ostream& log);

}  // namespace tools
