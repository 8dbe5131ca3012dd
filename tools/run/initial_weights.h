// Loads from a file the weights with which a run starts.
#pragma once
#include <string>
#include <vector>

#include "engine/parameters.h"
#include "tools/config/run_config.h"
#include "tools/run/class_list.h"

namespace run {

// Calls model::import_weights for `path`, which is what engine::open_weights takes. If the file is
// a checkpoint of this program whose classes are others, or in another order, the rows of the class
// predictor are matched by the names of the classes. Returns lines for the log that say what was
// done, and in which keys that change what weights mean a checkpoint of this program differs from
// `config`.
std::vector<std::string> take_initial_weights(const std::string& path,
                                              const config::RunConfig& config,
                                              const ClassList& classes, engine::Backend&,
                                              engine::Parameters&);

}  // namespace run
