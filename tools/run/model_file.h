// Checkpoints: a model with its classes and configuration, and the state of its training.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/safetensors.h"
#include "tools/config/run_config.h"
#include "tools/run/class_list.h"
#include "tools/run/run_state.h"

namespace run {

// The configuration in a checkpoint has the number of classes filled in.
class ModelFile {
 public:
  // Error(checkpoint) when the file is damaged or no checkpoint of this program, or its state is
  // one that no run can have.
  explicit ModelFile(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const config::RunConfig& config() const { return config_; }
  const ClassList& classes() const { return classes_; }
  const RunState& state() const { return state_; }

  // Compares the names and shapes of a model's tensors, which need no memory yet, with the file's.
  // Error(checkpoint) as load_model().
  void check_shapes(const engine::Parameters&) const;

  // Fills parameters and statistics by name; Error(checkpoint) names a tensor that is missing, has
  // another shape or type, is unknown to the model, or is not finite. `averaged`: the moving
  // averages where the file has them.
  void load_model(engine::Backend&, engine::Parameters&, bool averaged) const;
  // What the optimiser keeps, too. Error(checkpoint) also when the file is of another rule.
  void load_training(engine::Backend&, engine::Parameters&, engine::Optimizer&) const;

 private:
  const engine::StoredTensor& stored(const std::string& name, const engine::Shape&) const;
  void load(engine::Backend&, const std::string& name, const engine::View&) const;
  void refuse_other_rule(engine::RuleKind) const;
  const std::string& entry(const std::string& key) const;

  engine::SafetensorsFile file_;
  config::RunConfig config_;
  ClassList classes_;
  RunState state_;
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
