// The parts that the reports of runs and of evaluations have in common.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/metrics/coco_eval.h"
#include "tools/config/run_config.h"
#include "tools/report/evaluation.h"
#include "tools/run/class_list.h"

namespace run {

// The metrics at the head of a page, as pairs of value and name.
std::vector<std::pair<std::string, std::string>> metric_tiles(const data::Evaluation&);
// A section with all values of the configuration, those that differ from the defaults first.
std::string config_section(const config::RunConfig&);
// `environment` is a JSON object; `commands` has one command line per line, and may be empty.
// Throws Error(data) if `environment` is no whole JSON.
std::string environment_section(const std::string& environment, const std::string& commands);
// Says which classes of the data the model has, and which classes of the model the data lacks.
report::ModelClasses model_classes(const ClassList& model, const data::Dataset& data);
// The last line of a page: "This is the report of <what>. ssd320 0.1.0 has written it."
std::string closing_line(const std::string& what);

}  // namespace run
