// The curves of a training: losses, metrics, learning rate.
#pragma once
#include <string>

#include "tools/report/training_table.h"

namespace report {

// A section. A line marks `best_step`; -1 marks none.
std::string curves_section(const TrainingTable&, double best_step);

}  // namespace report
