// A training run: steps, evaluations, checkpoints and logs, from its first step to its end.
#pragma once
#include "data/loading/loader.h"
#include "engine/base/error.h"
#include "tools/logs/training_log.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/divergence.h"
#include "tools/run/stop_signal.h"
#include "tools/run/throughput.h"
#include "tools/run/validation.h"

namespace run {

class Trainer {
 public:
  // Opens and checks the data and builds the model; writes nothing. `resumed` null: from the start.
  Trainer(const config::RunConfig&, const ModelFile* resumed);

  // One step and the memory plan, printed to stdout.
  void dry_run();
  // Trains to the end or until `stop`: true when it ended by itself. Everything goes into `folder`.
  bool run(const RunFolder& folder, const StopSignal& stop);

  const config::RunConfig& config() const { return config_; }

 private:
  void open_loader();
  void begin_state(const ModelFile* resumed);
  std::vector<std::string> remarks() const;
  void announce();
  bool steps_until(const StopSignal&);
  void one_step();
  void tell_skipped();
  void log_step();
  void check_progress();
  void evaluate();
  void save();
  void write_samples(const data::Batch&) const;
  void finish();
  [[noreturn]] void end_by(const base::Error&);
  bool done() const { return milestones_.done(state_.step); }

  TrainingData data_;
  config::RunConfig config_;
  TrainingModel model_;
  RunState state_;  // after the latest whole step
  Milestones milestones_;
  DivergenceWatch divergence_;
  Validation validation_;
  std::unique_ptr<engine::Memory> pixels_;  // of the loader's batches, pinned
  std::unique_ptr<data::Loader> loader_;

  const RunFolder* folder_ = nullptr;
  std::unique_ptr<logs::TrainingLog> log_;
  std::unique_ptr<CheckpointFiles> files_;
  Throughput throughput_;
  int64_t saved_step_ = -1, first_step_ = 0;
  size_t skipped_told_ = 0;
};

}  // namespace run
