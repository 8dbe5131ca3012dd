// Reads and writes checkpoints, which hold a model with its classes and configuration, and the
// state of its training.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/safetensors.h"
#include "tools/config/run_config.h"
#include "tools/run/class_list.h"
#include "tools/run/run_state.h"

namespace run {

// A checkpoint. Its configuration says the number of classes, even if the user's left it to the
// data.
class ModelFile {
 public:
  // Opens the file and checks everything except the tensors. Throws Error(checkpoint) if it is
  // damaged, if it is not a checkpoint of this program, or if no run can have its state.
  explicit ModelFile(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const config::RunConfig& config() const { return config_; }
  const std::string& config_text() const { return entry("config"); }  // as it was saved
  const ClassList& classes() const { return classes_; }
  const RunState& state() const { return state_; }
  // Says that the file has no checksum, as after another program has written it; else empty.
  std::string unverified_in_words() const;
  const std::string& checksum() const;  // of the file; empty if another program has written it

  // Whether the file has the state of a training, or weights alone.
  bool holds_training() const;

  // Compares the names and shapes of the model's tensors with those in the file. The tensors need
  // not be allocated yet. Throws Error(checkpoint) as load_model() does.
  void check_shapes(const engine::Parameters&) const;

  // Loads parameters and statistics by name. If `averaged`, takes the moving averages of weights if
  // the file has them. Throws Error(checkpoint), with the tensor's name, if a tensor is missing,
  // has another shape or type, is unknown to the model, or has a value that is not finite.
  void load_model(engine::Backend&, engine::Parameters&, bool averaged) const;
  // Loads the optimiser's buffers and state, too. If the file lacks some of them, because its run
  // had another train.freeze or train.ema, buffers start at zero and averages at the weights.
  // Returns lines for the log that say so. Throws Error(checkpoint) also if the file has the
  // buffers of another rule.
  std::vector<std::string> load_training(engine::Backend&, engine::Parameters&,
                                         engine::Optimizer&) const;

 private:
  const engine::StoredTensor& stored(const std::string& name, const engine::Shape&) const;
  void load(engine::Backend&, const std::string& name, const engine::View&) const;
  void refuse_other_rule(engine::RuleKind) const;
  bool was_frozen(const std::string& parameter) const;
  const std::string& entry(const std::string& key) const;

  engine::SafetensorsFile file_;
  config::RunConfig config_;
  ClassList classes_;
  RunState state_;
};

// What a checkpoint is made of.
struct Checkpoint {
  const config::RunConfig& config;
  const ClassList& classes;
  const engine::Parameters& parameters;
  const engine::Optimizer* optimizer;  // if null, only weights are saved, and no run can resume
  RunState state;
};

// Writes a checkpoint, with a checksum. The file appears whole or not at all. If `previous` is
// given, the file that was at `path` gets this name. Throws Error(diverged), and writes nothing, if
// a value is not finite.
void save_checkpoint(engine::Backend&, const std::string& path, const Checkpoint&,
                     const std::string& previous = "");

// The bytes of the tensors that a checkpoint holds.
size_t checkpoint_bytes(const engine::Parameters&, const engine::Optimizer*);

// Opens the first file of the list that is whole and holds the state of a training. What is wrong
// with those before it is added to `complaints`. Returns null if none exists. Throws
// Error(checkpoint) if some exist, but no run can go on from any.
std::unique_ptr<ModelFile> open_newest(const std::vector<std::string>& paths,
                                       std::vector<std::string>& complaints);

}  // namespace run
