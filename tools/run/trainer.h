// Carries out a training run: steps, evaluations, checkpoints and logs.
#pragma once
#include "data/loading/loader.h"
#include "engine/base/error.h"
#include "tools/logs/training_log.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/divergence.h"
#include "tools/run/rank_start.h"
#include "tools/run/roll_call.h"
#include "tools/run/run_page.h"
#include "tools/run/stop_signal.h"
#include "tools/run/throughput.h"
#include "tools/run/validation.h"

namespace run {

class Trainer {
 public:
  // Opens and checks the data, and builds the model. It writes nothing. If `resumed` is null, the
  // run starts from step 0. `ranks`, of which this process is one, must outlive the trainer; if it
  // is null, the process trains alone. `device` is that of this rank; if it is empty, it is
  // train.device.
  Trainer(const config::RunConfig&, const ModelFile* resumed, engine::Collectives* ranks = nullptr,
          const std::string& device = "");

  // Runs one step, and prints its losses and the memory plan to stdout.
  void dry_run();
  // Trains to the end or until `stop`, and writes all files into `folder`. Rank 0 has the folder;
  // for other ranks it is null, and they write nothing. Returns true if the run has come to its
  // end, and false if it was stopped. Throws Error(diverged) if it diverges, and Error(data) if an
  // image cannot be read. In the latter case it first saves a checkpoint, unless no step was taken.
  // It saves only steps that all ranks have finished.
  bool run(const RunFolder* folder, const StopSignal& stop);

  const config::RunConfig& config() const { return config_; }
  // The size of a checkpoint; 0 if the run has come to its end before and writes none.
  size_t checkpoint_bytes() const {
    if (done() && !state_.evaluation_due) return 0;
    return run::checkpoint_bytes(model_.parameters(), &model_.optimizer());
  }

 private:
  void open_loader();
  void begin_state(const ModelFile* resumed);
  void join_ranks(const ModelFile* resumed);
  void open_log();
  std::vector<std::string> remarks() const;
  void announce();
  bool steps_until(const StopSignal&);
  std::string one_step(const StopSignal&);
  std::string next_batch(const std::string& stop, const data::Batch*& batch);
  uint64_t due_hash();
  void say(const std::string&);
  void tell_skipped();
  bool log_due() const;
  void log_step();
  void check_progress();
  void confirm_steps();
  bool could_confirm();
  void wait_for_files();
  void renew_config();
  void evaluate(const StopSignal&);
  void save();
  void write_samples(const data::Batch&) const;
  void write_page(const std::string& words, bool running = false);
  void finish();
  [[noreturn]] void end_by(const base::Error&);
  bool intact() const { return !ranks_ || ranks_->intact(); }
  bool first_rank() const { return engine::rank_of(ranks_) == 0; }
  bool done() const { return milestones_.done(state_.step); }

  engine::Collectives* ranks_;  // null: alone
  TrainingData data_;
  config::RunConfig config_;
  config::RunConfig own_;  // with this rank's device and its part of the machine's memory
  TrainingModel model_;
  RunState state_;  // after the latest whole step
  Milestones milestones_;
  DivergenceWatch divergence_;
  Validation validation_;
  std::unique_ptr<engine::Memory> pixels_;  // of the loader's batches, in pinned memory
  std::unique_ptr<data::Loader> loader_;

  RollCall roll_;
  std::vector<RankInfo> rank_infos_;

  std::string best_by_;                // the metric of state_.best, if the run was resumed
  std::string came_from_;              // the folder of the checkpoint, if the run was resumed
  std::string saved_config_;           // the checkpoint's configuration, if the run was resumed
  const RunFolder* folder_ = nullptr;  // rank 0's, as the next three
  std::unique_ptr<RunPage> page_;      // null without log.report
  std::unique_ptr<logs::TrainingLog> log_;
  std::unique_ptr<CheckpointFiles> files_;
  Throughput throughput_;
  int64_t saved_step_ = -1, first_step_ = 0;
  int64_t confirmed_step_ = -1;  // the latest step that all ranks have finished
  bool in_roll_call_ = false;    // stays true after an error in it, which all ranks have received
  size_t skipped_told_ = 0;
};

}  // namespace run
