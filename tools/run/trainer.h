// Carries out a training run: steps, evaluations, checkpoints and logs.
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
  // Opens and checks the data, and builds the model. It writes nothing. If `resumed` is null, the
  // run starts from step 0.
  Trainer(const config::RunConfig&, const ModelFile* resumed);

  // Runs one step, and prints its losses and the memory plan to stdout.
  void dry_run();
  // Trains to the end or until `stop`, and writes all files into `folder`. Returns true if the run
  // has come to its end, and false if it was stopped. Throws Error(diverged) if it diverges, and
  // Error(data) if an image cannot be read. In the latter case it first saves a checkpoint, unless
  // no step was taken.
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
  std::unique_ptr<engine::Memory> pixels_;  // of the loader's batches, in pinned memory
  std::unique_ptr<data::Loader> loader_;

  const RunFolder* folder_ = nullptr;
  std::unique_ptr<logs::TrainingLog> log_;
  std::unique_ptr<CheckpointFiles> files_;
  Throughput throughput_;
  int64_t saved_step_ = -1, first_step_ = 0;
  size_t skipped_told_ = 0;
};

}  // namespace run
