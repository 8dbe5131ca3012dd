#include "tools/run/model_file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/tell.h"
#include "engine/foreign_weights.h"
#include "engine/formats/weights_file.h"
#include "engine/safetensors_checksum.h"
#include "tools/run/run_folder.h"

namespace run {

using engine::Backend, base::ExitCode, base::fail, engine::Parameters, engine::View;

namespace {

const std::string kModel = "model/", kOptimizer = "optimizer/", kAverage = "ema/";

std::vector<int64_t> dims(const engine::Shape& s) { return {s.dim, s.dim + s.rank}; }

std::string in_words(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

// The optimiser's buffers of a parameter, with the names of their tensors in a checkpoint.
std::vector<engine::Optimizer::Buffer> kept_for(const engine::Optimizer* optimizer,
                                                const Parameters::Named& named) {
  std::vector<engine::Optimizer::Buffer> kept;
  if (!optimizer || !named.trained()) return kept;
  for (const auto& [name, values] : optimizer->rule_buffers())
    kept.push_back({kOptimizer + name + "/" + named.name, part_of(values, named)});
  if (const View average = part_of(optimizer->average(), named))
    kept.push_back({kAverage + named.name, average});
  return kept;
}

template <class T> bool finite(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), [](T x) { return std::isfinite(x); });
}

bool all_finite(const std::vector<char>& bytes, engine::DType dtype) {
  auto finite = [&](auto zero) {
    using T = decltype(zero);
    const T* values = reinterpret_cast<const T*>(bytes.data());
    return std::all_of(values, values + bytes.size() / sizeof(T),
                       [](T x) { return std::isfinite(x); });
  };
  return dtype == engine::DType::f64 ? finite(0.0) : finite(0.0f);
}

const char* const kExpected = "a checkpoint of ssdtrain";

// Refuses weights from elsewhere, and says how to make a checkpoint of them. `whole`: they are
// those of a whole detector, as the original's are.
[[noreturn]] void refuse_weights(const std::string& path, const std::string& what, bool whole) {
  const std::string start =
      "`ssdtrain --config C.json --init-from " + shell_words({path}) +
      (whole ? " --output-dir DIR train.steps=1 train.schedule.base_rate=0 "
               "train.schedule.warmup_rate=0 model.batch_norm.mode=frozen` makes one with the "
               "same weights"
             : "` trains a detector from it");
  fail(ExitCode::checkpoint, path, ": ", what, ": ", start, " (docs/importing.md)");
}

// Returns the path. Throws Error(checkpoint) if it is a file of another kind, and says what it is.
const std::string& checked(const std::string& path) {
  const std::string file = engine::weights_file(path);
  std::error_code none;
  if (!std::filesystem::is_regular_file(file, none)) return path;  // a better error follows
  const engine::ForeignWeights foreign = engine::foreign_weights(file);
  if (foreign.readable)
    refuse_weights(path, foreign.what + ", expected " + kExpected,
                   foreign.what.find("TensorFlow") != foreign.what.npos);
  if (!foreign.what.empty()) fail(ExitCode::checkpoint, path, ": ", foreign.in_words(kExpected));
  return path;
}

void refuse_weights_alone(const ModelFile& file) {
  if (!file.holds_training())
    fail(ExitCode::checkpoint, file.path(),
         ": holds weights alone, without the state of the training, so no run can go on from it; "
         "start a new one with --init-from ",
         file.path());
}

}  // namespace

ModelFile::ModelFile(const std::string& path) : file_(checked(path)) {
  if (!file_.metadata().contains("state"))
    refuse_weights(path, "weights that are not a checkpoint of ssdtrain", false);
  if (entry("format") != "1")
    fail(ExitCode::checkpoint, path, ": format ", entry("format"),
         " is newer than this program knows (1)");
  try {
    config_ = config::parse_run_config(entry("config"), path);
  } catch (const base::Error& e) {
    fail(ExitCode::checkpoint, path, ": its configuration does not fit this program: ", e.what());
  }
  classes_ = ClassList::from_json(entry("classes"), path);
  state_ = run_state_from_json(entry("state"), path);
}

const std::string& ModelFile::checksum() const {
  static const std::string none;
  const auto found = file_.metadata().find(engine::kChecksumKey);
  return found == file_.metadata().end() ? none : found->second;
}

const std::string& ModelFile::entry(const std::string& key) const {
  auto found = file_.metadata().find(key);
  if (found == file_.metadata().end())
    fail(ExitCode::checkpoint, file_.path(), ": no '", key, "' in its metadata");
  return found->second;
}

const engine::StoredTensor& ModelFile::stored(const std::string& name,
                                              const engine::Shape& expected) const {
  const engine::StoredTensor* stored = file_.find(name);
  const std::vector<int64_t> shape = dims(expected);
  if (!stored)
    fail(ExitCode::checkpoint, file_.path(), ": tensor '", name, "' ", in_words(shape),
         " is missing");
  if (stored->shape != shape)
    fail(ExitCode::checkpoint, file_.path(), ": tensor '", name, "' has shape ",
         in_words(stored->shape), ", expected ", in_words(shape));
  return *stored;
}

void ModelFile::check_shapes(const Parameters& parameters) const {
  std::set<std::string> known;
  for (const Parameters::Declared& tensor : parameters.declared()) {
    stored(kModel + tensor.name, tensor.shape);
    known.insert(kModel + tensor.name);
  }
  for (const engine::StoredTensor& t : file_.tensors())
    if (t.name.starts_with(kModel) && !known.contains(t.name))
      fail(ExitCode::checkpoint, file_.path(), ": tensor '", t.name, "' ", in_words(t.shape),
           " is unknown to this model, expected none");
}

void ModelFile::load(Backend& backend, const std::string& name, const View& to) const {
  const engine::StoredTensor& from = stored(name, to.shape);
  const bool is_wide = to.dtype == engine::DType::f64;
  const std::vector<double> wide = is_wide ? file_.read_doubles(from) : std::vector<double>();
  const std::vector<float> narrow = is_wide ? std::vector<float>() : file_.read_floats(from);
  if (!finite(wide) || !finite(narrow))
    fail(ExitCode::checkpoint, file_.path(), ": tensor '", name,
         "' holds a value that is not finite");
  const void* values = is_wide ? static_cast<const void*>(wide.data()) : narrow.data();
  kernels::Queue queue = backend.queue(engine::Lane::compute);
  backend.copy(to.data, values, engine::bytes_of(to), queue);
  backend.synchronize(queue);
}

void ModelFile::refuse_other_rule(engine::RuleKind wanted) const {
  const engine::RuleKind kind = config_.train.optimizer.kind;
  if (kind != wanted)
    fail(ExitCode::checkpoint, file_.path(), ": holds the state of optimizer '", name_of(kind),
         "', expected '", name_of(wanted), "'; set train.optimizer.kind=", name_of(kind),
         " to go on, or start anew from its weights with --init-from");
}

void ModelFile::load_model(Backend& backend, Parameters& parameters, bool averaged) const {
  check_shapes(parameters);
  for (const Parameters::Named& named : parameters.named()) {
    const std::string average = kAverage + named.name;
    load(backend, averaged && file_.find(average) ? average : kModel + named.name, named.value);
  }
  parameters.refresh_working(backend.queue(engine::Lane::compute));
}

bool ModelFile::was_frozen(const std::string& parameter) const {
  const auto& frozen = config_.train.freeze;
  return std::any_of(frozen.begin(), frozen.end(),
                     [&](const std::string& prefix) { return parameter.starts_with(prefix); });
}

bool ModelFile::holds_training() const {
  const auto& tensors = file_.tensors();
  return std::any_of(tensors.begin(), tensors.end(),
                     [](const auto& tensor) { return tensor.name.starts_with(kOptimizer); });
}

std::vector<std::string> ModelFile::load_training(Backend& backend, Parameters& parameters,
                                                  engine::Optimizer& optimizer) const {
  refuse_weights_alone(*this);
  refuse_other_rule(optimizer.options().rule.kind);
  load_model(backend, parameters, false);
  optimizer.restart_average();
  int64_t thawed = 0;
  for (const Parameters::Named& named : parameters.named()) {
    const bool fresh = named.trained() && was_frozen(named.name);
    thawed += fresh;
    for (const auto& [name, values] : kept_for(&optimizer, named)) {
      const bool may_lack = fresh || (config_.train.ema == 0 && name.starts_with(kAverage));
      if (!may_lack || file_.find(name)) load(backend, name, values);
    }
  }
  optimizer.write_state(state_.optimizer);
  std::vector<std::string> remarks;
  if (thawed > 0)
    remarks.push_back("train.freeze: the optimiser's state begins at zero for " +
                      base::counted(thawed, "tensor") + " frozen until now");
  const bool averages = bool(optimizer.average());
  if (averages && config_.train.ema == 0)
    remarks.push_back("train.ema: the checkpoint has no averages, so they begin at its weights");
  if (!averages && config_.train.ema > 0)
    remarks.push_back(
        "train.ema: the checkpoint's averages are dropped; evaluations use the weights themselves");
  return remarks;
}

void save_checkpoint(Backend& backend, const std::string& path, const Checkpoint& c,
                     const std::string& previous) {
  std::vector<engine::TensorToStore> tensors;
  std::vector<std::vector<char>> copies;
  kernels::Queue queue = backend.queue(engine::Lane::compute);
  auto store = [&](const std::string& name, const View& view) {
    std::vector<char>& copy = copies.emplace_back(engine::bytes_of(view));
    backend.copy(copy.data(), view.data, copy.size(), queue);
    tensors.push_back({name, dims(view.shape), engine::stored_dtype(view.dtype), copy.data()});
  };
  for (const Parameters::Named& named : c.parameters.named()) {
    store(kModel + named.name, named.value);
    for (const auto& [name, values] : kept_for(c.optimizer, named)) store(name, values);
  }
  backend.synchronize(queue);
  for (size_t i = 0; i < tensors.size(); ++i)
    if (!all_finite(copies[i], c.parameters.precision().master))
      fail(ExitCode::diverged, "training diverged: ", tensors[i].name,
           " holds a value that is not finite; ", path, " was not written");
  config::RunConfig config = c.config;
  config.model.options.classes = c.classes.classes();
  engine::write_safetensors(path, tensors,
                            {{"format", "1"},
                             {"state", to_json(c.state)},
                             {"classes", c.classes.to_json()},
                             {"config", config::run_config_json(config)},
                             {"kernel_layout", "[out, kernel_height, kernel_width, in]"}},
                            previous);
}

size_t checkpoint_bytes(const Parameters& parameters, const engine::Optimizer* optimizer) {
  size_t bytes = 0;
  for (const Parameters::Named& named : parameters.named()) {
    bytes += engine::bytes_of(named.value);
    for (const auto& [name, values] : kept_for(optimizer, named)) bytes += engine::bytes_of(values);
  }
  return bytes;
}

std::string ModelFile::unverified_in_words() const {
  if (file_.has_checksum()) return {};
  return "note: " + path() + " has no checksum, so damage to it would not be noticed";
}

std::unique_ptr<ModelFile> open_newest(const std::vector<std::string>& paths,
                                       std::vector<std::string>& complaints) {
  bool any = false;
  for (const std::string& path : paths) {
    std::error_code unknown;
    if (!std::filesystem::exists(path, unknown) && !unknown) continue;
    any = true;
    try {
      auto file = std::make_unique<ModelFile>(path);
      refuse_weights_alone(*file);
      if (const std::string words = file->unverified_in_words(); !words.empty()) base::tell(words);
      return file;
    } catch (const base::Error& e) {
      complaints.push_back(e.what());
    }
  }
  if (any) fail(ExitCode::checkpoint, "no checkpoint can be resumed: ", complaints.front());
  return nullptr;
}

}  // namespace run
