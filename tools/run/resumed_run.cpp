#include "tools/run/resumed_run.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/output_guard.h"
#include "engine/base/permitted.h"
#include "engine/base/set_aside.h"
#include "engine/base/start_folder.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/logs/earlier_events.h"
#include "tools/logs/training_log.h"
#include "tools/run/checkpoint_files.h"

namespace run {

namespace fs = std::filesystem;

namespace {

bool present(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(path, unknown);
}

// Whether the folder's run has the same model and training data. If `config` does not give the
// number of classes, it is not compared.
bool is_alike(const fs::path& folder, const config::RunConfig& config) {
  try {
    config::RunConfig other = config::load_run_config(folder / "config.json", {});
    if (config.model.options.classes == 0) other.model.options.classes = 0;
    for (const config::ChangedKey& key : config::changed_keys(other, config))
      if (key.path.starts_with("model.") || key.path.starts_with("data.train.")) return false;
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

// Folders of runs below that of `--resume auto`, with a checkpoint of the same model and training
// data.
std::vector<std::string> similar_runs(const config::RunConfig& config) {
  const fs::path wanted = config.output_dir;
  const fs::path root = wanted.empty()             ? fs::path(kRunsFolder)
                        : wanted.has_parent_path() ? wanted.parent_path()
                                                   : fs::path(".");
  constexpr int kDeepest = 1;  // NAME/NUMBER
  constexpr int kMostLooked = 10'000;
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  std::vector<std::string> similar;
  std::error_code unknown;
  int looked = 0;
  for (fs::recursive_directory_iterator at(root, kOptions, unknown), end;
       !unknown && at != end && looked < kMostLooked; at.increment(unknown), ++looked) {
    if (at.depth() == kDeepest) at.disable_recursion_pending();
    const fs::path folder = at->path();
    if (present(folder / "config.json") && has_checkpoint(folder) && is_alike(folder, config))
      similar.push_back(folder.string());
  }
  std::sort(similar.begin(), similar.end());
  return similar;
}

// Says that the run starts at step 0, and names similar runs: if the user has changed the run's
// name, --resume auto does not find the earlier run.
void tell_fresh_start(const config::RunConfig& config) {
  const std::string looked_at = config.output_dir.empty()
                                    ? (fs::path(kRunsFolder) / config.name).string()
                                    : config.output_dir;
  std::cerr << "ssdtrain: --resume auto: " << base::printable(looked_at)
            << (config.output_dir.empty() ? " has no run with a checkpoint" : " has no checkpoint")
            << "; starting at step 0\n";
  const std::vector<std::string> similar = similar_runs(config);
  if (similar.empty()) return;
  const std::string first = base::printable(similar.front());
  std::cerr << "ssdtrain: --resume auto: note: "
            << (similar.size() == 1 ? first + " has a checkpoint"
                                    : base::printable(listed(similar)) + " have checkpoints")
            << " of the same model and training data; if this run was to go on from it, give "
               "--resume "
            << first << "\n";
}

// Writes a damaged env.json anew. (Only the report reads the file.)
void mend_environment(const RunFolder& folder) {
  const std::string path = folder.file("env.json");
  if (nlohmann::json::accept(std::ifstream(path))) return;
  const std::string aside = base::set_aside(path, "damaged");
  base::write_file(path, environment_json());
  std::cerr
      << "ssdtrain: warning: env.json is no whole JSON; it was written anew, for this machine; "
         "the file as it was is "
      << fs::path(aside).filename().string() << "\n";
}

// The folder of the earlier run if this one goes on in it. Empty if this one begins a folder.
std::string folder_to_go_on_in(const config::RunConfig& config, const ResumedRun& run) {
  if (!run.file) return {};
  const std::string& wanted = config.output_dir;
  const std::string old = folder_of(*run.file);
  std::error_code unknown;
  return wanted.empty() || fs::equivalent(wanted, old, unknown) ? old : "";
}

// The folder that a run makes, or below which it takes a number.
fs::path folder_to_begin(const config::RunConfig& config) {
  return config.output_dir.empty() ? fs::path(kRunsFolder) / config.name
                                   : fs::path(config.output_dir);
}

constexpr const char* kLast = "last.safetensors";
constexpr const char* kReplaced[] = {"report.html", "last_metrics.json", "last_per_class.csv",
                                     "last_detections.json"};

bool is_file(const std::string& path) {
  std::error_code unknown;
  return fs::is_regular_file(path, unknown);
}

// The step of a checkpoint; -1 if there is none that is whole.
int64_t step_of(const std::string& path) {
  try {
    return is_file(path) ? ModelFile(path).state().step : -1;
  } catch (const base::Error&) {
    return -1;
  }
}

// Lines are cut off the log itself, so that a second name would lose them, too.
void keep_copy(const std::string& path, const std::string& name) {
  std::error_code error;
  if (is_file(path)) fs::copy_file(path, name, error);
  if (error)
    base::fail(base::ExitCode::data, "cannot copy ", path, " to ", name, ": ", error.message());
}

// If the run in the folder has a later checkpoint than `step`, after which it goes on, gives second
// names to that checkpoint, the report and the files of the last evaluation, and keeps copies of
// the logs, from which the lines of later steps will be removed. The names end with the step of
// that checkpoint, as "results.csv.of_step_120".
void keep_later_steps(const RunFolder& folder, int64_t step) {
  const std::string last = folder.file(kLast);
  const int64_t later = step_of(last);
  if (later <= step) return;
  const std::string why = base::concatenate("of_step_", later);
  std::error_code unknown;
  // It has gone back before, and has saved nothing since.
  if (fs::equivalent(last + "." + why, last, unknown)) return;
  for (const char* name : logs::kLogFiles)
    keep_copy(folder.file(name), base::free_name(folder.file(name), why));
  keep_copy(logs::newest_events(folder.path()), base::free_name(folder.file("events"), why));
  for (const char* name : kReplaced)
    if (const std::string path = folder.file(name); is_file(path))
      base::put_second_name(path, base::free_name(path, why));
  base::put_second_name(last, base::free_name(last, why));
  base::tell(base::concatenate("note: the run in ", folder.path().string(), " goes back from step ",
                               later, " to step ", step,
                               ". What it had is kept there under names that end in .", why,
                               ": logs, last checkpoint, last evaluation and report"));
}

[[noreturn]] void refuse_without_checkpoint(const std::string& from) {
  if (RunFolder::without_checkpoint(from))
    base::fail(base::ExitCode::checkpoint, "--resume ", from,
               ": the run there has no checkpoint: begin it anew with --config ",
               (fs::path(from) / "config.json").string(), " --output-dir ", from,
               ", which keeps its logs");
  base::fail(base::ExitCode::checkpoint, "--resume ", from,
             ": no checkpoint there: give a checkpoint file, or the folder of a run that has one",
             base::start_folder_in_words(from));
}

// The end of the new name of a checkpoint from which no run can go on.
std::string why_unusable(const std::string& path) {
  try {
    return ModelFile(path).holds_training() ? "unused" : "weights_alone";
  } catch (const base::Error&) {
    return "damaged";
  }
}

}  // namespace

std::string folder_of(const ModelFile& file) {
  const fs::path folder = fs::path(file.path()).parent_path();
  return folder.empty() ? "." : folder.string();
}

ResumedRun find_resumed(const std::string& from, const config::RunConfig& config) {
  base::require_permitted(from, base::ExitCode::checkpoint);
  std::vector<std::string> candidates{from};
  if (from == "auto") {
    const fs::path folder = RunFolder::latest(config, has_checkpoint);
    if (folder.empty()) {
      tell_fresh_start(config);
      return {};
    }
    candidates = resumable(folder.string());
  } else if (fs::is_directory(from)) {
    candidates = resumable(from);
  }
  std::vector<std::string> complaints;
  ResumedRun run{open_newest(candidates, complaints), {}};
  if (!run.file) refuse_without_checkpoint(from);
  for (const std::string& complaint : complaints)
    std::cerr << "ssdtrain: " << base::printable(complaint) << "\n";
  if (!complaints.empty())
    std::cerr << "ssdtrain: using " << base::printable(run.file->path()) << " instead, of step "
              << run.file->state().step << "\n";
  for (const std::string& path : candidates) {
    if (path == run.file->path()) break;
    if (present(path)) run.unusable.push_back(path);
  }
  return run;
}

void check_folder(const config::RunConfig& config, const ResumedRun& run, bool writes) {
  const std::string old = folder_to_go_on_in(config, run);
  if (!old.empty()) RunFolder::check_own(old, run.file->path());
  const bool named = !config.output_dir.empty();
  if (old.empty() && named) RunFolder::check_fresh(config.output_dir);
  if (!writes) return;
  if (!old.empty()) return RunFolder::check_free(old);
  if (named) RunFolder::check_free(config.output_dir);
  base::check_output_folder(named ? "--output-dir" : "without --output-dir",
                            folder_to_begin(config));
}

void check_room(const config::RunConfig& config, const ResumedRun& run, size_t checkpoint) {
  const std::string old = folder_to_go_on_in(config, run);
  check_room(old.empty() ? folder_to_begin(config) : fs::path(old), config, checkpoint);
}

RunFolder open_resumed(const config::RunConfig& config, const ResumedRun& run,
                       const std::vector<std::string>& words) {
  const std::string old = folder_to_go_on_in(config, run);
  if (old.empty()) return RunFolder::create(config, words);
  RunFolder folder = RunFolder::open(old, words);
  mend_environment(folder);
  keep_later_steps(folder, run.file->state().step);
  for (const std::string& path : run.unusable) base::set_aside(path, why_unusable(path));
  return folder;
}

}  // namespace run
