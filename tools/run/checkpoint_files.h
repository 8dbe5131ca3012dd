// The checkpoints of a run folder: last, previous, best and numbered ones.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "tools/run/milestones.h"
#include "tools/run/model_file.h"
#include "tools/run/run_folder.h"

namespace run {

class CheckpointFiles {
 public:
  // If `keep` is more than 1, that many numbered checkpoints stay beside last and best.
  CheckpointFiles(const RunFolder& folder, int keep) : folder_(folder), keep_(keep) {}

  // Writes last.safetensors. The file that it replaces becomes previous.safetensors.
  void save(engine::Backend&, const Checkpoint&) const;
  void last_is_best() const;  // makes best.safetensors the same file as last.safetensors

 private:
  void number(const std::filesystem::path& folder, int64_t step) const;
  const RunFolder& folder_;
  int keep_;
};

// Throws Error(data) if the disk of the folder, which need not exist yet, has no room for one
// checkpoint of so many bytes. Warns on stderr if it has none for all that the run keeps there at
// the same time, so that a later one would not be written.
void check_room(const std::filesystem::path& folder, const config::RunConfig&, size_t checkpoint);

// The checkpoints from which a run in this folder may be resumed, the newest first. Some of them
// may not exist.
std::vector<std::string> resumable(const std::string& folder);
// Whether one of them exists.
bool has_checkpoint(const std::filesystem::path& folder);

// Makes best.safetensors and the files of its evaluation fit `best`, the best evaluation so far,
// before a run goes on from a checkpoint in the folder `from`.
//
// If the run has a new folder, the files are taken along, if they are of that step. If it goes on
// in its folder, but from an earlier step or with other validation data, its next best evaluation
// would replace a better one; then the files get other names. A damaged best.safetensors is
// replaced by another checkpoint of its step, if there is one.
//
// Returns a line for the log that says so, or why there is no best.safetensors of that step. Empty
// if there is nothing to say.
std::string settle_best(const RunFolder&, const std::string& from, const BestEvaluation& best);
// "best mAP 0.1234 at step 8", followed by a remark if best.safetensors in the folder is not of
// that step. Empty if there is no best evaluation.
std::string best_in_words(const RunFolder&, const std::string& metric, const BestEvaluation& best);

// The checkpoint that `path` names. If `path` is the folder of a run, it is the best checkpoint, or
// the last if there is no best. Throws Error(checkpoint) if the folder has neither.
std::string checkpoint_file(const std::string& path);
// The same. If it is a folder, a message of `program` on stderr says which file was taken.
std::string checkpoint_file(const std::string& path, const std::string& program);

// "; RUN/last.safetensors, of step 120, is whole: give that instead", about the newest checkpoint
// beside `file` that is whole. Empty if there is none, if `file` itself is whole, or if it has no
// name that a run gives to checkpoints.
std::string whole_one_in_words(const std::string& file);
// Calls `open`, which reads the checkpoint `file`. If the file is damaged, adds these words to the
// error.
template <class Open> auto with_whole_one(const std::string& file, Open open) {
  try {
    return open();
  } catch (const base::Error& error) {
    if (error.code() != base::ExitCode::checkpoint) throw;
    base::fail(error.code(), error.what(), whole_one_in_words(file));
  }
}
// Opens a checkpoint for a program that only reads it.
ModelFile open_checkpoint(const std::string& file);

}  // namespace run
