#include "tools/run/model_file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"

namespace run {

using engine::Backend, base::ExitCode, base::fail, engine::Parameters, engine::View;
using nlohmann::json;

namespace {

const std::string kModel = "model/", kOptimizer = "optimizer/", kAverage = "ema/";

std::vector<int64_t> dims(const engine::Shape& s) { return {s.dim, s.dim + s.rank}; }

std::string in_words(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

// What the optimiser keeps for a parameter, by the names of its tensors.
std::vector<engine::Optimizer::Buffer> kept_for(const engine::Optimizer& optimizer,
                                                const Parameters::Named& named) {
  std::vector<engine::Optimizer::Buffer> kept;
  if (!named.trained()) return kept;
  for (const auto& [name, values] : optimizer.rule_buffers())
    kept.push_back({kOptimizer + name + "/" + named.name, part_of(values, named)});
  if (const View average = part_of(optimizer.average(), named))
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

json state_json(const RunState& s) {
  const engine::OptimizerState& o = s.optimizer;
  return {{"step", s.step},
          {"applied_steps", o.step},
          {"skipped", o.skipped},
          {"loss_scale", o.loss_scale},
          {"clean_steps", o.clean_steps},
          {"skipped_in_a_row", o.skipped_in_a_row},
          {"overflows", o.overflows},
          {"epoch", s.cursor.epoch},
          {"image", s.cursor.image},
          {"best_metric", s.best.metric},
          {"best_step", s.best.step},
          {"evaluations_without_gain", s.best.evaluations_without_gain},
          {"threads", s.threads}};
}

}  // namespace

ModelFile::ModelFile(const std::string& path) : file_(path) {
  if (!file_.has_checksum() || !file_.metadata().contains("state"))
    fail(ExitCode::checkpoint, path,
         ": not a checkpoint of ssd320; weights from elsewhere go to --init-from");
  if (entry("format") != "1")
    fail(ExitCode::checkpoint, path, ": format ", entry("format"),
         " is newer than this program knows (1)");
  try {
    config_ = config::parse_run_config(entry("config"), path);
  } catch (const base::Error& e) {
    fail(ExitCode::checkpoint, path, ": its configuration does not fit this program: ", e.what());
  }
  classes_ = ClassList::from_json(entry("classes"), path);
}

const std::string& ModelFile::entry(const std::string& key) const {
  auto found = file_.metadata().find(key);
  if (found == file_.metadata().end())
    fail(ExitCode::checkpoint, file_.path(), ": no '", key, "' in its metadata");
  return found->second;
}

RunState ModelFile::state() const {
  RunState s;
  try {
    const json j = json::parse(entry("state"));
    engine::OptimizerState& o = s.optimizer;
    s.step = j.at("step"), o.step = j.at("applied_steps"), o.skipped = j.at("skipped"),
    o.loss_scale = j.at("loss_scale");
    o.clean_steps = j.at("clean_steps"), o.skipped_in_a_row = j.at("skipped_in_a_row");
    o.overflows = j.value("overflows", 0);  // files of earlier versions have none
    s.cursor = {j.at("epoch"), j.at("image")};
    s.best = {j.at("best_metric"), j.at("best_step"), j.at("evaluations_without_gain")};
    s.threads = j.at("threads");
  } catch (const json::exception&) {
    fail(ExitCode::checkpoint, file_.path(), ": its training state is not readable");
  }
  return s;
}

void ModelFile::load(Backend& backend, const std::string& name, const View& to) const {
  const engine::StoredTensor* stored = file_.find(name);
  const std::vector<int64_t> shape = dims(to.shape);
  if (!stored)
    fail(ExitCode::checkpoint, file_.path(), ": tensor '", name, "' ", in_words(shape),
         " is missing");
  if (stored->shape != shape)
    fail(ExitCode::checkpoint, file_.path(), ": tensor '", name, "' has shape ",
         in_words(stored->shape), ", expected ", in_words(shape));
  const std::vector<double> wide =
      to.dtype == engine::DType::f64 ? file_.read_doubles(*stored) : std::vector<double>();
  const std::vector<float> narrow =
      to.dtype == engine::DType::f64 ? std::vector<float>() : file_.read_floats(*stored);
  const void* from =
      to.dtype == engine::DType::f64 ? static_cast<const void*>(wide.data()) : narrow.data();
  if (!finite(wide) || !finite(narrow))
    fail(ExitCode::checkpoint, file_.path(), ": tensor '", name,
         "' holds a value that is not finite");
  kernels::Queue queue = backend.queue(engine::Lane::compute);
  backend.copy(to.data, from, engine::bytes_of(to), queue);
  backend.synchronize(queue);
}

void ModelFile::refuse_unknown(const Parameters& parameters) const {
  std::set<std::string> known;
  for (const Parameters::Named& named : parameters.named()) known.insert(kModel + named.name);
  for (const engine::StoredTensor& t : file_.tensors())
    if (t.name.starts_with(kModel) && !known.contains(t.name))
      fail(ExitCode::checkpoint, file_.path(), ": tensor '", t.name, "' ", in_words(t.shape),
           " is unknown to this model, expected none");
}

void ModelFile::refuse_other_rule(engine::RuleKind wanted) const {
  const engine::RuleKind kind = config_.train.optimizer.kind;
  if (kind != wanted)
    fail(ExitCode::checkpoint, file_.path(), ": holds the state of optimizer '", name_of(kind),
         "', expected '", name_of(wanted), "'; set train.optimizer.kind=", name_of(kind),
         " to go on, or start anew from its weights with --init-from");
}

void ModelFile::load_model(Backend& backend, Parameters& parameters, bool averaged) const {
  refuse_unknown(parameters);
  for (const Parameters::Named& named : parameters.named()) {
    const std::string average = kAverage + named.name;
    load(backend, averaged && file_.find(average) ? average : kModel + named.name, named.value);
  }
  parameters.refresh_working(backend.queue(engine::Lane::compute));
}

void ModelFile::load_training(Backend& backend, Parameters& parameters,
                              engine::Optimizer& optimizer) const {
  refuse_other_rule(optimizer.options().rule.kind);
  load_model(backend, parameters, false);
  for (const Parameters::Named& named : parameters.named())
    for (const auto& [name, values] : kept_for(optimizer, named)) load(backend, name, values);
  optimizer.write_state(state().optimizer);
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
                             {"state", state_json(c.state).dump()},
                             {"classes", c.classes.to_json()},
                             {"config", config::run_config_json(config)},
                             {"kernel_layout", "[out, kernel_height, kernel_width, in]"}},
                            previous);
}

std::unique_ptr<ModelFile> open_newest(const std::vector<std::string>& paths,
                                       std::vector<std::string>& complaints) {
  bool any = false;
  for (const std::string& path : paths) {
    std::error_code unknown;
    if (!std::filesystem::exists(path, unknown) && !unknown) continue;
    any = true;
    try {
      return std::make_unique<ModelFile>(path);
    } catch (const base::Error& e) {
      complaints.push_back(e.what());
    }
  }
  if (any) fail(ExitCode::checkpoint, "no checkpoint can be read: ", complaints.front());
  return nullptr;
}

}  // namespace run
