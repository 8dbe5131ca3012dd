// The files of the best evaluation that a run finds when it goes on in its folder.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"
#include "tools/config/run_config.h"
#include "tools/run/milestones.h"
#include "tools/run/run_folder.h"

namespace run {

// Looks at metrics.json, per_class.csv and detections.json of the evaluation that the checkpoint
// calls the best so far, and returns a line for each that is missing, damaged or of an earlier
// evaluation. A damaged file gets another name (base::set_aside). metrics.json and per_class.csv
// are then written anew if detections.json gives the metric that the checkpoint knows. If not,
// metrics.json gets only what the checkpoint knows: the step and `metric`, by which it was the
// best. Returns nothing if the folder has no files of a best evaluation, for instance because the
// run goes on in a new folder. If a file cannot be written, a line says so, and nothing is thrown:
// a run does not end because of these files.
std::vector<std::string> mend_evaluation(const RunFolder&, const config::EvalConfig&,
                                         const BestEvaluation&, const std::string& metric,
                                         const data::Dataset& val);

}  // namespace run
