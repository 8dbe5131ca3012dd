// What reports of runs and of evaluations say in the same way.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/metrics/coco_eval.h"
#include "tools/config/run_config.h"

namespace run {

// The metrics that head a page, as pairs of value and name.
std::vector<std::pair<std::string, std::string>> metric_tiles(const data::Evaluation&);
// All values, and those that differ from the defaults.
std::string config_section(const config::RunConfig&);
// `environment` is a JSON object; `commands` has one command line per line, and may be empty.
std::string environment_section(const std::string& environment, const std::string& commands);

}  // namespace run
