// The curves of a training: losses, metrics, learning rate.
#pragma once
#include <string>

#include "tools/report/training_table.h"

namespace report {

// The section of curves. A line marks `best_step`, unless that is -1.
std::string curves_section(const TrainingTable&, double best_step);

}  // namespace report
