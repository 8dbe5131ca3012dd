// The subcommands of ssddata. Each function adds one with its options to the program.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>

#include "tools/command_line.h"

namespace tools {

Command add_check_command(CLI::App& program);
Command add_stats_command(CLI::App& program);
Command add_convert_command(CLI::App& program);
Command add_split_command(CLI::App& program);
Command add_synth_command(CLI::App& program);
Command add_show_command(CLI::App& program);

// What every --seed takes.
inline CLI::Range seed_range() { return CLI::Range(int64_t{0}, INT64_MAX); }

}  // namespace tools
