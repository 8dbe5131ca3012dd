#include "tools/run/checkpoint_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/permitted.h"
#include "engine/base/set_aside.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "tools/run/memory_plan.h"

namespace run {

namespace fs = std::filesystem;

namespace {

const char kNumbered[] = "step_";
const char kLast[] = "last.safetensors";
const char kBest[] = "best.safetensors";
const char kDamaged[] = "damaged";  // the end of a name

std::vector<fs::path> numbered(const fs::path& folder) {  // newest first
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kNumbered) && name.ends_with(".safetensors"))
      files.push_back(entry.path());
  }
  std::sort(files.rbegin(), files.rend());
  return files;
}

// The step of a checkpoint; empty if it is damaged, or no checkpoint.
std::optional<int64_t> step_of_whole(const std::string& path) {
  try {
    return ModelFile(path).state().step;
  } catch (const base::Error&) {
    return {};
  }
}

// Why a file is not the best checkpoint, in words, and as the end of a name for it.
struct NotBest {
  std::string words, ending;
};

// Compares a file with the best checkpoint, that of `step`. Both texts are empty if it is the best.
NotBest not_best(const std::string& path, int64_t step) {
  std::error_code unknown;
  if (!fs::exists(path, unknown)) return {"is missing", ""};
  if (!std::ifstream(path)) return {"cannot be opened", ""};
  const auto found = step_of_whole(path);
  if (!found) return {"is damaged", kDamaged};
  if (*found == step) return {};
  return {fmt::format("is of step {}", *found), fmt::format("of_step_{}", *found)};
}

// Gives other names to a best.safetensors that is not the best checkpoint, and to its files:
// programs that are given the folder would take it for the best.
std::string keep_other_best(const RunFolder& folder, const BestEvaluation& best) {
  const NotBest other = not_best(folder.file(kBest), best.step);
  if (other.ending.empty()) return {};
  std::error_code unknown;
  const std::string kept = base::set_aside(folder.file(kBest), other.ending);
  for (const char* name : kEvaluationFiles)
    if (fs::exists(folder.file(name), unknown)) base::set_aside(folder.file(name), other.ending);
  return fmt::format(
      "best.safetensors {}, so it is not the best of the run that goes on here{}: it is now {}, "
      "and the files of its evaluation are named likewise",
      other.words, best.step > 0 ? fmt::format(", which is of step {}", best.step) : "",
      fs::path(kept).filename().string());
}

// A checkpoint of this step besides best.safetensors; empty if there is none.
std::string whole_of_step(const RunFolder& folder, int64_t step) {
  for (const std::string& path : resumable(folder.path().string()))
    if (step > 0 && fs::path(path).filename() != kBest && not_best(path, step).words.empty())
      return path;
  return {};
}

// Takes another checkpoint of the same step for a best.safetensors that is damaged. The files of
// its evaluation stay, unless they are of a later step (mend_evaluation).
std::string replace_damaged_best(const RunFolder& folder, const BestEvaluation& best) {
  if (not_best(folder.file(kBest), best.step).ending != kDamaged) return {};
  const std::string same = whole_of_step(folder, best.step);
  if (same.empty()) return {};
  const std::string kept = base::set_aside(folder.file(kBest), kDamaged);
  base::put_second_name(same, folder.file(kBest));
  return fmt::format(
      "best.safetensors is damaged; it is kept as {}, and {}, which is of the same step {}, takes "
      "its place",
      fs::path(kept).filename().string(), fs::path(same).filename().string(), best.step);
}

// Takes another checkpoint of the best one's step for a best.safetensors that is missing: a program
// that was killed between the two files leaves it so.
std::string restore_best(const RunFolder& folder, const BestEvaluation& best) {
  std::error_code unknown;
  if (fs::exists(folder.file(kBest), unknown)) return {};
  const std::string same = whole_of_step(folder, best.step);
  if (same.empty()) return {};
  base::put_second_name(same, folder.file(kBest));
  return fmt::format(
      "best.safetensors is now {}, which is of the best step {}, without the files of its "
      "evaluation",
      fs::path(same).filename().string(), best.step);
}

std::string take_best_along(const RunFolder& folder, const std::string& from,
                            const BestEvaluation& best) {
  if (best.step == 0) return {};
  const std::string old = (fs::path(from) / kBest).string();
  if (const std::string why = not_best(old, best.step).words; !why.empty())
    return fmt::format(
        "warning: the best evaluation so far was after step {}, but {} {}; the run has no "
        "best.safetensors until an evaluation is better",
        best.step, old, why);
  if (folder.goes_on()) return {};
  try {
    for (const std::string name : kEvaluationFiles)
      if (std::error_code unknown; fs::exists(fs::path(from) / name, unknown))
        base::put_second_name((fs::path(from) / name).string(), folder.file(name));
    base::put_second_name(old, folder.file(kBest));
  } catch (const base::Error& error) {
    return fmt::format("warning: the best checkpoint so far, of step {}, stays in {}: {}",
                       best.step, from, error.what());
  }
  return fmt::format(
      "the best checkpoint so far, of step {}, and the files of its evaluation are "
      "taken along from {}",
      best.step, from);
}

// The bytes that this user may still write on the disk of the folder or, if that does not exist, of
// the nearest folder above it. Empty if they are unknown.
std::optional<size_t> free_bytes(fs::path folder) {
  std::error_code unknown;
  while (!folder.empty() && !fs::exists(folder, unknown)) folder = folder.parent_path();
  const fs::space_info space = fs::space(folder.empty() ? "." : folder, unknown);
  if (unknown || space.capacity == 0) return {};
  return ::geteuid() == 0 ? space.free : space.available;  // a part may be kept for root
}

// How many checkpoints a run holds while it writes one: that one, the last and the previous or all
// numbered ones, and the best. A run that writes only one at its end holds no other.
int most_checkpoints(const config::RunConfig& config) {
  const bool several = config.checkpoint.every_steps > 0 || config.eval.every_steps > 0 ||
                       config.eval.every_epochs > 0;
  return several ? 1 + std::max(config.checkpoint.keep, 2) + config.data.val.given() : 1;
}

// The bytes of all checkpoints of a run. Several names of one file count once.
size_t bytes_of_checkpoints(const std::string& folder) {
  std::map<base::FileIdentity, size_t> sizes;
  std::error_code unknown;
  for (const std::string& path : resumable(folder))
    if (const base::FileState there = base::look_at(path); there.kind == base::FileKind::regular)
      sizes[there.identity] = fs::file_size(path, unknown);
  size_t bytes = 0;
  for (const auto& [identity, size] : sizes) bytes += size;
  return bytes;
}

}  // namespace

void CheckpointFiles::save(engine::Backend& backend, const Checkpoint& checkpoint) const {
  folder_.write_into([&](const fs::path& folder) {
    save_checkpoint(backend, folder / kLast, checkpoint, folder / "previous.safetensors");
  });
  if (keep_ > 1)
    folder_.write_into([&](const fs::path& folder) { number(folder, checkpoint.state.step); });
}

// A run that is resumed from an older step finds numbered checkpoints of later steps. It leaves
// them alone until it reaches these steps, and does not count them.
void CheckpointFiles::number(const fs::path& folder, int64_t step) const {
  const fs::path newest = folder / fmt::format("{}{:09d}.safetensors", kNumbered, step);
  base::put_second_name(folder / kLast, newest);
  int kept = 0;
  std::error_code ignored;
  for (const fs::path& path : numbered(folder))
    if (path <= newest && ++kept > keep_) fs::remove(path, ignored);
}

void CheckpointFiles::last_is_best() const {
  folder_.write_into(
      [&](const fs::path& folder) { base::put_second_name(folder / kLast, folder / kBest); });
}

std::vector<std::string> resumable(const std::string& folder) {
  std::vector<std::string> paths{folder + "/last.safetensors", folder + "/previous.safetensors"};
  for (const fs::path& path : numbered(folder)) paths.push_back(path.string());
  paths.push_back(folder + "/" + kBest);
  return paths;
}

bool has_checkpoint(const fs::path& folder) {
  const std::vector<std::string> paths = resumable(folder.string());
  std::error_code unknown;
  return std::any_of(paths.begin(), paths.end(),
                     [&](const std::string& path) { return fs::exists(path, unknown); });
}

void check_room(const fs::path& folder, const config::RunConfig& config, size_t checkpoint) {
  const auto free = free_bytes(folder);
  const std::string name = base::printable(folder.string());
  if (!free) return;
  if (*free < checkpoint)
    base::fail(base::ExitCode::data, name, ": a checkpoint of this run takes ",
               memory_in_units(checkpoint), ", but only ", memory_in_units(*free),
               " are free on that disk: make room on it, or give a folder on another one with "
               "--output-dir");
  const int most = most_checkpoints(config);
  const size_t there = bytes_of_checkpoints(folder.string());
  if (*free + there < size_t(most) * checkpoint)
    base::tell(fmt::format(
        "warning: {}: {} are free on that disk, but this run keeps up to {} checkpoints of {} "
        "there at the same time: make room on it, or the run ends when it is full",
        name, memory_in_units(*free), most, memory_in_units(checkpoint)));
}

std::string settle_best(const RunFolder& folder, const std::string& from,
                        const BestEvaluation& best) {
  if (const std::string replaced = replace_damaged_best(folder, best); !replaced.empty())
    return replaced;
  const std::string kept = keep_other_best(folder, best), restored = restore_best(folder, best);
  if (!kept.empty() && !restored.empty()) return kept + "; " + restored;
  if (!kept.empty()) return kept + "; the next better evaluation writes new ones";
  return restored.empty() ? take_best_along(folder, from, best) : restored;
}

std::string best_in_words(const RunFolder& folder, const std::string& metric,
                          const BestEvaluation& best) {
  if (best.step == 0) return {};
  const std::string why = not_best(folder.file(kBest), best.step).words;
  return fmt::format("best {} {:.4f} at step {}{}", metric, best.metric, best.step,
                     why.empty() ? "" : " (best.safetensors " + why + ")");
}

std::string checkpoint_file(const std::string& path) {
  base::require_permitted(path, base::ExitCode::checkpoint);
  std::error_code none;
  if (!fs::is_directory(path, none)) return path;
  for (const char* name : {kBest, "last.safetensors"})
    if (const fs::path file = fs::path(path) / name; fs::exists(file, none)) return file.string();
  if (fs::exists(fs::path(path) / "checkpoint", none))
    base::fail(base::ExitCode::checkpoint, path,
               ": a folder of TensorFlow: `ssdtrain --init-from` takes one of the paths that stand "
               "in its file `checkpoint`");
  base::fail(base::ExitCode::checkpoint, path,
             ": a folder without best.safetensors or last.safetensors: give a checkpoint file, or "
             "the folder of a run that has one");
}

std::string checkpoint_file(const std::string& path, const std::string& program) {
  const std::string file = checkpoint_file(path);
  if (file != path) std::cerr << program << ": taking " << base::printable(file) << std::endl;
  return file;
}

std::string whole_one_in_words(const std::string& file) {
  std::error_code unknown;
  const fs::path folder = fs::path(file).parent_path();
  const std::vector<std::string> all = resumable(folder.empty() ? "." : folder.string());
  const auto is_it = [&](const std::string& path) { return fs::equivalent(path, file, unknown); };
  if (std::ranges::none_of(all, is_it) || step_of_whole(file)) return {};
  for (const std::string& path : all)
    if (fs::exists(path, unknown) && !is_it(path))
      if (const auto step = step_of_whole(path))
        return fmt::format("; {}, of step {}, is whole: give that instead", path, *step);
  return {};
}

ModelFile open_checkpoint(const std::string& file) {
  return with_whole_one(file, [&] { return ModelFile(file); });
}

}  // namespace run
