// The subcommands of ssddata. Each function adds one with its options to the program.
#pragma once

#include "tools/command_line.h"

namespace tools {

Command add_check_command(Program& program);
Command add_stats_command(Program& program);
Command add_convert_command(Program& program);
Command add_split_command(Program& program);
Command add_synth_command(Program& program);
Command add_show_command(Program& program);

}  // namespace tools
