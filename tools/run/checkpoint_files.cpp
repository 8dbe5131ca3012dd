#include "tools/run/checkpoint_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace run {

namespace fs = std::filesystem;

namespace {

const char kNumbered[] = "step_";
std::string unfinished_mark() { return std::string(".safetensors") + base::kTemporaryMark; }

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

// Removes what programs that were killed have left. That is safe because the run's folder is
// locked, so nobody else writes there.
void remove_unfinished(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().find(unfinished_mark()) != std::string::npos)
      unfinished.push_back(entry.path());
  for (const fs::path& path : unfinished) fs::remove(path, ignored);
}

}  // namespace

void CheckpointFiles::save(engine::Backend& backend, const Checkpoint& checkpoint) const {
  remove_unfinished(folder_.path());
  save_checkpoint(backend, folder_.file("last.safetensors"), checkpoint,
                  folder_.file("previous.safetensors"));
  if (keep_ > 1) number(checkpoint.state.step);
}

// A run that is resumed from an older step finds numbered checkpoints of later steps. It leaves
// them alone until it reaches these steps, and does not count them.
void CheckpointFiles::number(int64_t step) const {
  const std::string newest = folder_.file(fmt::format("{}{:09d}.safetensors", kNumbered, step));
  base::put_second_name(folder_.file("last.safetensors"), newest);
  int kept = 0;
  std::error_code ignored;
  for (const fs::path& path : numbered(folder_.path()))
    if (path <= fs::path(newest) && ++kept > keep_) fs::remove(path, ignored);
}

void CheckpointFiles::last_is_best() const {
  base::put_second_name(folder_.file("last.safetensors"), folder_.file("best.safetensors"));
}

std::vector<std::string> resumable(const std::string& folder) {
  std::vector<std::string> paths{folder + "/last.safetensors", folder + "/previous.safetensors"};
  for (const fs::path& path : numbered(folder)) paths.push_back(path.string());
  paths.push_back(folder + "/best.safetensors");
  return paths;
}

std::string checkpoint_file(const std::string& path) {
  std::error_code none;
  if (!fs::is_directory(path, none)) return path;
  for (const char* name : {"best.safetensors", "last.safetensors"})
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

}  // namespace run
