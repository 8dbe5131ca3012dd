// Which checkpoint a run goes on from, and in which folder.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tools/run/model_file.h"
#include "tools/run/run_folder.h"

namespace run {

struct ResumedRun {
  std::unique_ptr<ModelFile> file;   // null: from the start
  std::vector<std::string> damaged;  // newer checkpoints of that run, which could not be read
  bool resuming = false;             // --resume was given
};

// `from`: a checkpoint, a run's folder, or "auto" for the latest run of `config`; then `file` is
// null when no run has a checkpoint. What is passed over is told on stderr. Error(checkpoint) when
// there are checkpoints and none can be read, or when there is none where `from` points.
ResumedRun find_resumed(const std::string& from, const config::RunConfig& config);

// Where that run lies.
std::string folder_of(const ModelFile&);

// Whether open_resumed may use its folder, known before any work. Error(usage): it is not the
// folder of a run, or for a fresh run not an empty one.
void check_folder(const config::RunConfig&, const ResumedRun&);

// The folder to go on in: config.output_dir, or the resumed run's. Its config.json is written anew,
// and damaged checkpoints get another name, so that they cannot take the place of good ones.
// Without a resumed run a fresh one; config.output_dir may hold one that never got to a checkpoint.
RunFolder open_resumed(const config::RunConfig&, const ResumedRun&,
                       const std::vector<std::string>& words);

}  // namespace run
