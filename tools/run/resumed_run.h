// Finds the checkpoint from which a run is resumed, and the folder in which it goes on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tools/run/model_file.h"
#include "tools/run/run_folder.h"

namespace run {

struct ResumedRun {
  std::unique_ptr<ModelFile> file;    // null if the run starts from step 0
  std::vector<std::string> unusable;  // newer checkpoints of that run that cannot be resumed
};

// Finds the checkpoint that `from` names: a checkpoint file, the folder of a run, or "auto" for the
// latest run of `config`. With "auto", `file` is null if no run has a checkpoint. Messages on
// stderr name the checkpoints that could not be read. Throws Error(checkpoint) if there are
// checkpoints, but none can be read, or if `from` names a path without one.
ResumedRun find_resumed(const std::string& from, const config::RunConfig& config);

// The folder of the checkpoint.
std::string folder_of(const ModelFile&);

// Checks, before any work is done and without a change, whether open_resumed can use its folder.
// Throws Error(usage) if a folder to go on in is not that of a run, or as RunFolder::check_fresh
// does. If this process `writes` there, the folder also has to be one that can be made, or written
// into, and that no other program uses (RunFolder::check_free).
void check_folder(const config::RunConfig&, const ResumedRun&, bool writes);

// Calls check_room of checkpoint_files.h with the folder that open_resumed or RunFolder::create
// will use.
void check_room(const config::RunConfig&, const ResumedRun&, size_t checkpoint);

// Opens the folder of the run:
//
// * If the run has a checkpoint, and config.output_dir is its folder or is not set, the run goes on
//   there. A damaged env.json is written anew; config.json is left to the trainer. Unusable
//   checkpoints get another name, so that they cannot replace good ones.
// * Otherwise RunFolder::create makes it. `words` are those of the command line.
RunFolder open_resumed(const config::RunConfig&, const ResumedRun&,
                       const std::vector<std::string>& words);

}  // namespace run
