// Where a command's results go beside its table: one JSON object, and DLLogger lines.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/logs/dllogger.h"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace benchmarks {

struct OutputOptions {
  std::string json;      // file; "-": standard output, instead of the table; empty: none
  std::string dllogger;  // file; empty: none
  bool overwrite = false;

  bool prints_table() const { return json != "-"; }
};

// Figures of one case, for DLLogger: what was run, and the original's names where it has them.
struct LoggedCase {
  nlohmann::ordered_json parameters;
  logs::NamedValues figures;
};

void add_output_options(CLI::App& app, OutputOptions& options);
// Call this before the first measurement. Throws Error(usage) if a file may not be written.
void check_outputs(const OutputOptions& options);
void write_outputs(const OutputOptions& options, const nlohmann::ordered_json& result,
                   const std::vector<LoggedCase>& cases);

// A number of runs or steps: at least kFewestRuns.
CLI::Validator enough_runs();

}  // namespace benchmarks
