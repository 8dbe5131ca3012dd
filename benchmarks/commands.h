// The subcommands of ssdbench. Each function adds one with its options to the program.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace benchmarks {

struct Command {
  CLI::App* options = nullptr;
  std::function<int()> run;  // after parsing; returns the exit code; errors are base::Error
};

Command add_train_command(CLI::App& program);
Command add_infer_command(CLI::App& program);
Command add_data_command(CLI::App& program);
Command add_eval_command(CLI::App& program);
Command add_op_command(CLI::App& program);
Command add_conv_command(CLI::App& program);
Command add_compare_command(CLI::App& program);

}  // namespace benchmarks
