// A training run: data, model and optimiser put together, steps, evaluations, checkpoints, logs.
#pragma once
#include <chrono>
#include <optional>

#include "data/loading/loader.h"
#include "tools/logs/training_log.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/evaluate_model.h"
#include "tools/run/memory_plan.h"
#include "tools/run/stop_signal.h"
#include "tools/run/training_step.h"

namespace run {

class Trainer {
 public:
  // Loads data and builds the model; writes nothing. `resumed` null: from the start.
  Trainer(const config::RunConfig&, const ModelFile* resumed);

  // One step and the memory plan, printed to stdout.
  void dry_run();
  // Trains to the end or until `stop`: true when it ended by itself. Everything goes into `folder`.
  bool run(const RunFolder& folder, const StopSignal& stop);

  const config::RunConfig& config() const { return config_; }

 private:
  void plan_ahead();
  void start_weights(const ModelFile* resumed);
  void refuse_other_classes(const ModelFile& resumed) const;
  void open_loader();
  void announce();
  void one_step();
  void tell_skipped();
  void log_step();
  void check_progress(const engine::OptimizerState&) const;
  void evaluate(bool final);
  void save();
  bool evaluation_due() const;
  bool save_due() const;
  bool patience_is_over() const;
  bool metric_improved(const data::Evaluation&);
  void write_samples(const data::Batch&) const;
  void finish();
  RunState state() const;
  bool done() const { return state_.step >= total_steps_ || stopped_early_; }

  config::RunConfig config_;
  data::Dataset train_, val_;
  ClassList classes_;
  int64_t total_steps_;
  Device device_;
  MemoryPlan plan_;
  engine::Parameters parameters_;
  std::unique_ptr<model::Detector> detector_;
  std::unique_ptr<engine::Optimizer> optimizer_;
  std::unique_ptr<TrainingStep> step_;
  std::unique_ptr<Inference> inference_;
  std::unique_ptr<engine::Memory> pixels_;  // of the loader's batches, pinned
  std::unique_ptr<data::Loader> loader_;
  RunState state_;
  bool stopped_early_ = false;
  std::vector<std::string> remarks_;  // before there is a log

  const RunFolder* folder_ = nullptr;
  std::unique_ptr<logs::TrainingLog> log_;
  std::unique_ptr<CheckpointFiles> files_;
  std::chrono::steady_clock::time_point counted_from_;
  int64_t images_counted_ = 0;
  double rate_sum_ = 0;  // of images per second, over the logged intervals
  int64_t rates_ = 0, saved_step_ = -1;
  size_t skipped_told_ = 0;
};

}  // namespace run
