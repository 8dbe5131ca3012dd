// What detect_images() and detect_stream() share: what a job opens before its first image, and how
// it says that a signal ended it early.
#pragma once
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/detect/detect_images.h"
#include "tools/detect/detection_files.h"
#include "tools/ground_truth.h"
#include "tools/image_files.h"
#include "tools/run/model_file.h"
#include "tools/run/stop_signal.h"

namespace tools {

// The constructor opens and checks everything, and writes nothing.
struct OpenedJob {
  // `more` says whether images may come that are not in `found`. Throws Error(usage) if there is no
  // image at all, Error(checkpoint) if the model cannot be read, and Error(data) if the ground
  // truth cannot be read or has no class of the model.
  OpenedJob(const DetectJob& job, const FoundImages& found, bool more);
  OpenedJob(const OpenedJob&) = delete;
  OpenedJob& operator=(const OpenedJob&) = delete;

  std::vector<std::string> inputs() const;  // the files, besides images, that no output may replace
  // Creates the folders of the outputs, and says on `log` which images and classes are left out.
  void begin(std::ostream& log) const;

  const std::string left_out, empty, repeated;  // in words
  const run::ModelFile model;
  const std::unique_ptr<const GroundTruth> truth;  // null: none
  const std::string unknown_classes;               // of the ground truth, in words
  const DetectionFiles files;
  const DetectionPictures pictures;
};

// Throws Error(usage) for a job without any image.
[[noreturn]] void fail_without_image(const DetectJob& job, const std::string& left_out);

// Says on `log` that a signal ended the run after `done` images, and of how many if `all` is known.
// Returns the exit code of such a run.
int cut_short(const run::StopSignal& stop, size_t done, std::optional<size_t> all,
              std::ostream& log);

}  // namespace tools
