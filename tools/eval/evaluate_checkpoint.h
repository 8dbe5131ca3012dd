// Computes the COCO metrics of a checkpoint's model.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "tools/dataset_input.h"
#include "tools/run/evaluation_report.h"

namespace tools {

struct CheckpointEvaluation {
  std::string checkpoint;
  std::string config;  // whose data and eval sections replace the checkpoint's, if any
  std::vector<std::string> overrides;  // "key.path=value", of any section but the model's
  DatasetInput input;                  // a data set in place of data.val, if one is given
  std::string device;                  // as train.device; empty: that of the configuration
  std::string save_detections;         // COCO results file to write, if any
  bool overwrite = false;              // replace files that exist
  int threads = 0;                     // 0: as train.threads says
  run::ReportRequest report;
  data::EvaluationOptions options;
};

// Prints results to `out` and remarks to `log`. If job.config is empty, the device is chosen as
// with train.device=auto, whatever device the training ran on. Errors have the codes usage, data,
// checkpoint, resources and diverged.
void evaluate_checkpoint(const CheckpointEvaluation& job, std::ostream& out, std::ostream& log);

}  // namespace tools
