#include "tools/run/resume_changes.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <set>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "tools/run/run_options.h"

namespace run {
namespace {

// Keys of the model that may change although the network stays the same. The number of classes is
// compared with the checkpoint's classes.
const std::set<std::string> kChangeable{"model.batch_norm.mode", "model.batch_norm.decay",
                                        "model.batch_norm.statistics", "model.num_classes"};
// Keys whose changes are not reported: the log names the folder anyway, and the classes are those
// of the checkpoint.
const std::set<std::string> kIrrelevant{"output_dir", "model.num_classes"};
// Keys that change what a trained model sees.
const std::set<std::string> kSeen{"data.mean", "data.std", "data.exif"};
constexpr const char* kInitFrom = "checkpoint.init_from";

bool of_another_model(const std::string& key) {
  return key.starts_with("model.") && !kChangeable.contains(key);
}

// The keys that differ and are of a kind, such as "data.exif \"upright\" -> \"stored\"".
template <class OfKind>
std::string changed_in_words(const ModelFile& saved, const config::RunConfig& config,
                             OfKind of_kind) {
  std::string keys;
  for (const config::ChangedKey& key : config::changed_keys(saved.config(), config))
    if (of_kind(key.path)) keys += (keys.empty() ? "" : ", ") + in_words(key);
  return keys;
}

int64_t total_before(const ModelFile& saved, int64_t train_images) {
  const int64_t total = saved.state().total_steps;
  return total > 0 ? total : total_steps(saved.config(), train_images);
}

// How the rate stays what it was when the length of the schedule has changed with that of the run.
std::string way_back(const kernels::Schedule& before, int64_t steps) {
  if (before.kind == kernels::Schedule::Kind::cosine && steps > before.total_steps)
    return fmt::format(
        "with train.schedule.total={} the rate would be 0 from there on; to go on at a low rate, "
        "give train.schedule.kind=constant and train.schedule.base_rate",
        before.total_steps);
  return fmt::format("train.schedule.total={} keeps it", before.total_steps);
}

// Compares the learning rates that the two schedules give for the next update. Empty if they are
// equal.
std::string rate_change(const ModelFile& saved, const ResumedAs& now) {
  const int64_t applied = saved.state().optimizer.step;
  const kernels::Schedule before =
      optimizer_options(saved.config(), total_before(saved, now.train_images)).update.schedule;
  const kernels::Schedule after = optimizer_options(now.config, now.total_steps).update.schedule;
  const double old_rate = before.at(applied), rate = after.at(applied);
  constexpr double kNoticeable = 1e-3;  // relative to the larger rate
  if (std::abs(rate - old_rate) <= kNoticeable * std::max(rate, old_rate)) return {};
  std::string text = fmt::format("the learning rate of step {} is {:.4g}, not {:.4g} as before",
                                 now.state.step + 1, rate, old_rate);
  if (before.total_steps != after.total_steps)
    text += fmt::format("; the schedule now ends at step {}, not {} ({})", after.total_steps,
                        before.total_steps, way_back(before, now.total_steps));
  const int64_t batch = images_per_step(saved.config()), batch_now = images_per_step(now.config);
  if (batch != batch_now)
    text += fmt::format("; now {}, before {}", now.config.rate_in_words(batch_now),
                        saved.config().rate_in_words(batch));
  return text;
}

void add_data_change(const char* key, const data::Fingerprint& before, const data::Fingerprint& now,
                     std::vector<std::string>& changes) {
  if (!before.known() || before == now) return;
  changes.push_back(fmt::format("{}: {}", key, data::differences_in_words(before, now)));
}

}  // namespace

void refuse_other_model(const ModelFile& saved, const config::RunConfig& config) {
  const std::string keys = changed_in_words(saved, config, of_another_model);
  if (!keys.empty())
    base::fail(base::ExitCode::checkpoint, saved.path(), ": is of another model: ", keys,
               "; leave these keys as they were, or start anew from its weights with --init-from");
}

RunState resumed_state(const ModelFile* saved, const data::Fingerprint& val) {
  if (!saved) return {};
  RunState state = saved->state();
  const bool other = state.val.known() && val.known() && state.val != val;
  if (other && val.images > 0) state.best = {};
  return state;
}

std::vector<std::string> evaluated_otherwise(const ModelFile& saved,
                                             const config::RunConfig& config) {
  std::set<std::string> chosen;
  for (const config::ChosenKey& key : config.chosen) chosen.insert(key.path);
  const auto of_chosen_model = [&](const std::string& key) {
    return of_another_model(key) && chosen.contains(key);
  };
  const auto is_seen = [](const std::string& key) { return kSeen.contains(key); };
  std::vector<std::string> lines;
  if (const std::string keys = changed_in_words(saved, config, is_seen); !keys.empty())
    lines.push_back("warning: other values than the model was trained with: " + keys);
  if (const std::string keys = changed_in_words(saved, config, of_chosen_model); !keys.empty())
    lines.push_back("note: the model is that of the checkpoint, so these keys have no effect: " +
                    keys);
  return lines;
}

std::vector<std::string> changes_since(const ModelFile& saved, const ResumedAs& now) {
  std::vector<std::string> changes;
  for (const config::ChangedKey& key : config::changed_keys(saved.config(), now.config))
    if (key.path == kInitFrom && !now.config.checkpoint.init_from.empty())
      changes.push_back(in_words(key) + ", not read: the run has its own weights");
    else if (key.path != kInitFrom && !kIrrelevant.contains(key.path))
      changes.push_back(in_words(key));
  if (std::string rate = rate_change(saved, now); !rate.empty()) changes.push_back(std::move(rate));
  add_data_change("data.train", saved.state().train, now.state.train, changes);
  add_data_change("data.val", saved.state().val, now.state.val, changes);
  if (saved.state().best.step > 0 && now.state.best.step == 0)
    changes.push_back(fmt::format(
        "the best evaluation so far, of step {}, was on other validation data, so that the next "
        "one counts as the first",
        saved.state().best.step));
  if (saved.state().threads != now.state.threads)
    changes.push_back(fmt::format("{} CPU threads -> {}: results are no longer equal bit for bit",
                                  saved.state().threads, now.state.threads));
  return changes;
}

std::string start_in_words(const Milestones& milestones, const config::TrainConfig& c,
                           int64_t step) {
  const int64_t total = milestones.total_steps();
  if (!milestones.done(step)) return fmt::format("going on from step {} of {}", step, total);
  if (step < total)
    return fmt::format(
        "nothing is left to train: the run has stopped early after step {} of {}; a larger "
        "train.early_stopping.patience, or 0, asks for more",
        step, total);
  const char* const key = c.steps > 0 ? "train.steps" : "train.epochs";
  return fmt::format(
      "nothing is left to train: the run is at step {}, and {} asks for {}; a larger {} asks for "
      "more",
      step, key, base::counted(total, "step"), key);
}

}  // namespace run
