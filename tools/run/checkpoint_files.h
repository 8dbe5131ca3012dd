// The checkpoints of a run folder: last, previous, best, numbered ones.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tools/run/model_file.h"
#include "tools/run/run_folder.h"

namespace run {

class CheckpointFiles {
 public:
  // `keep` > 1: that many numbered checkpoints stay beside last and best.
  CheckpointFiles(const RunFolder& folder, int keep) : folder_(folder), keep_(keep) {}

  // last.safetensors; the one before stays as previous.safetensors.
  void save(engine::Backend&, const Checkpoint&) const;
  void last_is_best() const;  // best.safetensors becomes what last.safetensors is

 private:
  void number(int64_t step) const;
  const RunFolder& folder_;
  int keep_;
};

// The checkpoints of a run folder that resuming may use, the newest first.
std::vector<std::string> resumable(const std::string& folder);

// The file that `path` means: itself, or of a run's folder its best checkpoint, else the last.
// Which one is told on stderr as a message of `program`. Error(checkpoint): a folder without any.
std::string checkpoint_file(const std::string& path, const std::string& program);

}  // namespace run
