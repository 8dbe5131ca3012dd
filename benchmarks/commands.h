// The subcommands of ssdbench. Each function adds one with its options to the program.
#pragma once
#include "tools/command_line.h"

namespace benchmarks {

using tools::Command;

Command add_train_command(tools::Program& program);
Command add_infer_command(tools::Program& program);
Command add_data_command(tools::Program& program);
Command add_eval_command(tools::Program& program);
Command add_op_command(tools::Program& program);
Command add_conv_command(tools::Program& program);
Command add_allreduce_command(tools::Program& program);
Command add_compare_command(tools::Program& program);

}  // namespace benchmarks
