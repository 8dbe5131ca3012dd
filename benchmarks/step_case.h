// Times steps of the whole SSD320: what `ssdbench train` and `ssdbench infer` share.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/feeds.h"
#include "benchmarks/output.h"
#include "benchmarks/ssd320_run.h"

namespace benchmarks {

struct StepOptions : RunOptions {
  std::vector<int> batches{8};
  int steps = 0, warmup = 0;
  OutputOptions output;

  // Call it after parsing. Phases can be timed only in steps that are queued anew, not in replays.
  void settle() {
    no_graph = no_graph || phases;
    find_checkpoint();
  }
  int all_steps() const { return 1 + warmup + steps; }  // the first one counts multiply-adds
};

void add_step_options(tools::Options& opts, StepOptions& options);

// Where the batches of a command's cases come from.
struct StepSource {
  std::string from, pictures;  // such as "decoded" and "random"
  std::function<std::unique_ptr<Feed>(Ssd320Run&)> feed;
};

// What a command shows of the rows that its cases give.
struct StepReport {
  std::function<void()> head;
  std::function<void(const nlohmann::ordered_json& row)> row;
  std::function<void(const nlohmann::ordered_json& rows)> foot;
  std::function<logs::NamedValues(const nlohmann::ordered_json& row)> figures;  // for DLLogger
};

// Runs all steps of every batch size from every source, prints each row as soon as it is there, and
// writes the outputs. A row has the settings and figures that docs/performance.md lists.
void benchmark_steps(const StepOptions&, const std::vector<StepSource>&, const StepReport&);

// The phases of a case as lines of a table.
void print_phases(const nlohmann::ordered_json& row);
// "    9.00    10.00    11.00" of {"min": 9, "median": 10, "max": 11}.
std::string min_median_max(const nlohmann::ordered_json& spread);
// What the percentiles of a table lack, as a line on standard error; nothing if they are all there.
void say_missing_percentiles(const StepOptions&);

}  // namespace benchmarks
