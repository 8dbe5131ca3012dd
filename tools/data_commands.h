// The subcommands of ssddata. Each function adds one with its options to the program.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace tools {

struct DataCommand {
  CLI::App* options = nullptr;
  std::function<int()> run;  // after parsing; returns the exit code, errors are base::Error
};

DataCommand add_check_command(CLI::App& program);
DataCommand add_stats_command(CLI::App& program);
DataCommand add_convert_command(CLI::App& program);
DataCommand add_split_command(CLI::App& program);
DataCommand add_synth_command(CLI::App& program);
DataCommand add_show_command(CLI::App& program);

}  // namespace tools
