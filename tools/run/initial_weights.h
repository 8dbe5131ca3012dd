// Weights that a run starts from, taken from a file.
#pragma once
#include <string>
#include <vector>

#include "engine/parameters.h"
#include "tools/run/class_list.h"

namespace run {

// Fills `parameters` from `path`, as model::import_weights does. Where the file is a checkpoint of
// ours whose classes are others or in another order, rows of the class predictor are matched by the
// classes' names. Returns what was done, for the log.
std::vector<std::string> take_initial_weights(const std::string& path, const ClassList& classes,
                                              engine::Backend&, engine::Parameters&);

}  // namespace run
