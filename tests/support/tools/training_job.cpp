#include "tests/support/tools/training_job.h"

#include "tools/run/resumed_run.h"
#include "tools/run/trainer.h"

namespace tests {

namespace fs = std::filesystem;

TrainingJob::TrainingJob(int train, int val) : place(train, val), before_(fs::current_path()) {
  fs::current_path(place.at(""));
}

TrainingJob::~TrainingJob() { fs::current_path(before_); }

bool TrainingJob::train(const std::string& run, Overrides more, const std::string& from) const {
  more.push_back("output_dir=" + run);
  const config::RunConfig config = config::load_run_config("tiny.json", more);
  const run::ResumedRun resumed =
      from.empty() ? run::ResumedRun() : run::find_resumed(from, config);
  const run::StopSignal stop(config.time_budget_minutes);
  run::Trainer trainer(config, resumed.file.get());
  const run::RunFolder folder = run::open_resumed(trainer.config(), resumed, {"test"});
  return trainer.run(&folder, stop);
}

std::string numbered(const std::string& run, int step) {
  const std::string digits = std::to_string(step);
  return run + "/step_" + std::string(9 - digits.size(), '0') + digits + ".safetensors";
}

double loss(const Row& row) { return std::stod(row.at("Loss/total_loss")); }

}  // namespace tests
