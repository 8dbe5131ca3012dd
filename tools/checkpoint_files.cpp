#include "tools/checkpoint_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace tools {

namespace fs = std::filesystem;

namespace {

const char kNumbered[] = "step_";

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

// `to` becomes another name of `from`, at once.
void alias(const fs::path& from, const fs::path& to) {
  const fs::path aside = to.string() + ".tmp";
  std::error_code error;
  fs::remove(aside, error);
  fs::create_hard_link(from, aside, error);
  if (error) fs::copy_file(from, aside, fs::copy_options::overwrite_existing);
  fs::rename(aside, to);
}

}  // namespace

void CheckpointFiles::save(engine::Backend& backend, const Checkpoint& checkpoint) const {
  save_checkpoint(backend, folder_.file("last.safetensors"), checkpoint,
                  folder_.file("previous.safetensors"));
  if (keep_ > 1) number(checkpoint.state.step);
}

void CheckpointFiles::number(int64_t step) const {
  alias(folder_.file("last.safetensors"),
        folder_.file(fmt::format("{}{:09d}.safetensors", kNumbered, step)));
  const std::vector<fs::path> files = numbered(folder_.path());
  for (size_t i = size_t(keep_); i < files.size(); ++i) fs::remove(files[i]);
}

void CheckpointFiles::last_is_best() const {
  alias(folder_.file("last.safetensors"), folder_.file("best.safetensors"));
}

std::vector<std::string> resumable(const std::string& folder) {
  std::vector<std::string> paths{folder + "/last.safetensors", folder + "/previous.safetensors"};
  for (const fs::path& path : numbered(folder)) paths.push_back(path.string());
  return paths;
}

}  // namespace tools
