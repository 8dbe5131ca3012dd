// Where a command's results go beside its table: one JSON object, and DLLogger lines.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/base/output_locks.h"
#include "tools/logs/dllogger.h"
#include "tools/options.h"

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

void add_output_options(tools::Options& opts, OutputOptions& options);
// A file that a command writes beside those of the options.
struct OtherOutput {
  std::string option, path;
};
// Call this before the first measurement. `inputs`: the files that the command reads, none of which
// is ever replaced. Errors are those of base::OutputGuard. Creates the folders. Keep the locks
// until the outputs are written.
[[nodiscard]] base::OutputLocks check_outputs(const OutputOptions& options,
                                              const std::vector<std::string>& inputs,
                                              const std::vector<OtherOutput>& others = {});
void write_outputs(const OutputOptions& options, const nlohmann::ordered_json& result,
                   const std::vector<LoggedCase>& cases);

}  // namespace benchmarks
