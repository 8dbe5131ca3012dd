#include "tools/run/run_state.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"

namespace run {
namespace {

using nlohmann::json;

constexpr double kMostSteps = 1e12, kMostInt = std::numeric_limits<int32_t>::max();
constexpr double kLeastScale = 1e-30, kMostScale = 3.5e38, kMostThreads = 1 << 20;

json fingerprint_json(const data::Fingerprint& f) {
  json j{{"images", f.images}, {"labels", f.labels}};
  for (const data::FingerprintPart& part : data::kFingerprintParts)
    j[part.name] = fmt::format("{:016x}", f.*part.hash);
  for (const data::FingerprintPart& hint : data::kFingerprintHints)
    j[hint.name] = fmt::format("{:016x}", f.*hint.hash);
  return j;
}

// Reads entries of one object and refuses what no run can have written.
class StateReader {
 public:
  StateReader(const json& object, std::string source)
      : object_(object), source_(std::move(source)) {
    if (!object.is_object()) refuse("it is not a JSON object");
  }

  bool has(const char* key) const { return object_.contains(key); }
  StateReader object(const char* key) const { return {entry(key), source_}; }

  template <class T> T whole(const char* key, double least, double most) const {
    const json& value = entry(key);
    if (!value.is_number_integer()) refuse(fmt::format("{} is not a whole number", key));
    check(key, value.get<double>(), least, most);
    return value.get<T>();
  }
  double real(const char* key, double least, double most) const {
    const json& value = entry(key);
    if (!value.is_number()) refuse(fmt::format("{} is not a number", key));
    check(key, value.get<double>(), least, most);
    return value.get<double>();
  }
  uint64_t hash(const char* key) const {
    const json& value = entry(key);
    const std::string digits = value.is_string() ? value.get<std::string>() : "";
    if (digits.size() != 16 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
      refuse(fmt::format("{} is not a hash of 16 digits", key));
    return std::stoull(digits, nullptr, 16);
  }
  // Refuses numbers of which no run can have both: `rule` says what was expected of the key's.
  void require(bool holds, const char* key, double value, const std::string& rule) const {
    if (!holds) refuse(fmt::format("{} is {:g}, expected {}", key, value, rule));
  }
  void check(const char* key, double value, double least, double most) const {
    if (!(value >= least && value <= most))
      refuse(fmt::format("{} is {:g}, expected {:g} to {:g}", key, value, least, most));
  }

 private:
  const json& entry(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) refuse(fmt::format("{} is missing", key));
    return *found;
  }
  [[noreturn]] void refuse(const std::string& what) const {
    base::fail(base::ExitCode::checkpoint, source_, ": its training state cannot be used: ", what,
               "; take another checkpoint, or start anew from its weights with --init-from");
  }

  const json& object_;
  std::string source_;
};

data::Fingerprint read_fingerprint(const StateReader& state, const char* key) {
  data::Fingerprint f;
  if (!state.has(key)) return f;
  const StateReader part = state.object(key);
  f.images = part.whole<int64_t>("images", 0, kMostSteps);
  f.labels = part.whole<int64_t>("labels", 0, kMostSteps);
  for (const data::FingerprintPart& p : data::kFingerprintParts) f.*p.hash = part.hash(p.name);
  // They are not in files of earlier versions.
  for (const data::FingerprintPart& p : data::kFingerprintHints)
    if (part.has(p.name)) f.*p.hash = part.hash(p.name);
  return f;
}

engine::OptimizerState read_optimizer(const StateReader& state) {
  engine::OptimizerState o;
  o.step = state.whole<int64_t>("applied_steps", 0, kMostSteps);
  o.skipped = state.whole<int64_t>("skipped", 0, kMostSteps);
  o.loss_scale = state.real("loss_scale", kLeastScale, kMostScale);
  o.clean_steps = state.whole<int32_t>("clean_steps", 0, kMostInt);
  o.skipped_in_a_row = state.whole<int32_t>("skipped_in_a_row", 0, kMostInt);
  if (state.has("overflows")) o.overflows = state.whole<int32_t>("overflows", 0, kMostInt);
  return o;
}

// Every update is applied or skipped, and counters of updates in a row are parts of their counts.
void check_updates(const StateReader& state, const RunState& s) {
  const engine::OptimizerState& o = s.optimizer;
  state.check("applied_steps", double(o.step), 0, double(s.step));
  state.check("skipped", double(o.skipped), 0, double(s.step));
  state.require(o.step + o.skipped == s.step, "applied_steps", double(o.step),
                fmt::format("step - skipped, {} - {}", s.step, o.skipped));
  state.check("clean_steps", o.clean_steps, 0, double(o.step));
  state.check("skipped_in_a_row", o.skipped_in_a_row, 0, double(o.skipped));
  state.check("overflows", o.overflows, 0, double(o.skipped));
}

// There is at most one evaluation after each step, and the first that is measured is the best.
void check_best(const StateReader& state, const RunState& s) {
  state.require((s.best.step == 0) == (s.best.metric < 0), "best_metric", s.best.metric,
                s.best.step == 0 ? "-1, as best_step is 0: there was no evaluation"
                                 : "0 to 1, as there was a best evaluation");
  state.check("evaluations_without_gain", s.best.evaluations_without_gain, 0,
              double(s.step - s.best.step));
}

}  // namespace

std::string to_json(const RunState& s) {
  const engine::OptimizerState& o = s.optimizer;
  return json{{"step", s.step},
              {"total_steps", s.total_steps},
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
              {"evaluation_due", int(s.evaluation_due)},
              {"threads", s.threads},
              {"train_data", fingerprint_json(s.train)},
              {"val_data", fingerprint_json(s.val)}}
      .dump();
}

RunState run_state_from_json(const std::string& text, const std::string& source) {
  const json parsed = json::parse(text, nullptr, false);
  const StateReader state(parsed, source);
  RunState s;
  s.step = state.whole<int64_t>("step", 0, kMostSteps);
  if (state.has("total_steps")) s.total_steps = state.whole<int64_t>("total_steps", 0, kMostSteps);
  s.optimizer = read_optimizer(state);
  check_updates(state, s);
  s.cursor.epoch = state.whole<int64_t>("epoch", 0, kMostSteps);
  s.cursor.image = state.whole<int64_t>("image", 0, kMostSteps);
  s.best.metric = state.real("best_metric", -1, 1);
  s.best.step = state.whole<int64_t>("best_step", 0, double(s.step));
  s.best.evaluations_without_gain = state.whole<int>("evaluations_without_gain", 0, kMostInt);
  check_best(state, s);
  if (state.has("evaluation_due"))  // not in files of earlier versions
    s.evaluation_due = state.whole<int>("evaluation_due", 0, 1) != 0;
  s.threads = state.whole<int>("threads", 0, kMostThreads);
  s.train = read_fingerprint(state, "train_data");
  s.val = read_fingerprint(state, "val_data");
  return s;
}

}  // namespace run
