// Checkpoints: a model with its classes and configuration, and the state of its training.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/loading/batch.h"
#include "engine/optimizer.h"
#include "engine/safetensors.h"
#include "tools/config/run_config.h"
#include "tools/run/class_list.h"
#include "tools/run/milestones.h"

namespace run {

// What a run needs besides tensors to go on as if it had not stopped.
struct RunState {
  int64_t step = 0;  // updates tried; optimizer.step counts those that were applied
  engine::OptimizerState optimizer;
  data::Cursor cursor;  // of the batch that comes next
  BestEvaluation best;
  int threads = 0;  // equal bits are promised for an equal number only
};

// The configuration in a checkpoint has the number of classes filled in.
class ModelFile {
 public:
  // Error(checkpoint) when the file is damaged or no checkpoint of this program.
  explicit ModelFile(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const config::RunConfig& config() const { return config_; }
  const ClassList& classes() const { return classes_; }
  RunState state() const;

  // Fills parameters and statistics by name; Error(checkpoint) names a tensor that is missing, has
  // another shape or type, is unknown to the model, or is not finite. `averaged`: the moving
  // averages where the file has them.
  void load_model(engine::Backend&, engine::Parameters&, bool averaged) const;
  // What the optimiser keeps, too. Error(checkpoint) also when the file is of another rule.
  void load_training(engine::Backend&, engine::Parameters&, engine::Optimizer&) const;

 private:
  void load(engine::Backend&, const std::string& name, const engine::View&) const;
  void refuse_unknown(const engine::Parameters&) const;
  void refuse_other_rule(engine::RuleKind) const;
  const std::string& entry(const std::string& key) const;

  engine::SafetensorsFile file_;
  config::RunConfig config_;
  ClassList classes_;
};

struct Checkpoint {  // what is saved
  const config::RunConfig& config;
  const ClassList& classes;
  const engine::Parameters& parameters;
  const engine::Optimizer& optimizer;
  RunState state;
};

// Atomic and checksummed. The file that was at `path` is kept as `previous` unless that is empty.
// Throws Error(diverged) and writes nothing when a value is not finite.
void save_checkpoint(engine::Backend&, const std::string& path, const Checkpoint&,
                     const std::string& previous = "");

// The first file of the list that can be read whole; what is wrong with those before it goes to
// `complaints`. Error(checkpoint) when none is good; null when none exists.
std::unique_ptr<ModelFile> open_newest(const std::vector<std::string>& paths,
                                       std::vector<std::string>& complaints);

}  // namespace run
