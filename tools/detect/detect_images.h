// Finds objects in image files, and writes COCO results and pictures: ssddetect.
#pragma once
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "tools/detect/detection_files.h"
#include "tools/run/detection_rules.h"
#include "tools/run/loaded_model.h"

namespace tools {

struct DetectJob {
  std::string checkpoint;
  std::vector<std::string> inputs;  // files, folders, and "-" for a list
  std::string watch;                // a folder whose new images follow; empty: none
  bool json_lines = false;          // a line of JSON per image, as soon as it is done
  bool recursive = false;           // whether images in sub-folders are taken, too
  OutputFolders folders;
  std::string json;                  // file of the results; empty: `out`
  bool overwrite = false;            // replace files that exist
  std::string truth;                 // GroundTruth; an empty path: none
  std::optional<std::string> split;  // of `truth`
  run::DetectionRules rules;
  std::vector<std::string> classes;      // lists as "car,bus": only these are kept; empty: all
  int batch = 0;                         // images at a time; 0: 8, or 1 where they come one by one
  std::optional<data::ExifPolicy> exif;  // none: as the model was trained
  run::ModelUse use;
};

// Calls detect_stream() if job.watch or job.json_lines is set. Otherwise works through all images
// and writes COCO results with "file_name" and "category" added. The id of an image is its position
// among the inputs, from 1. The input "-" is read from the file descriptor `list`. Lines on `log`
// say which images could not be read, what was left out of folders, what job.truth lacks, and how
// many images per second were done. Returns the exit code: stopped_early if SIGINT, SIGTERM or
// SIGHUP came before all images were done (the results of those that were done are written), else
// data if an image could not be read, else done. Throws Error(usage) if there is no image, or if
// the model lacks one of job.classes. Other errors have the codes checkpoint, resources and
// diverged.
int detect_images(const DetectJob& job, int list, std::ostream& out, std::ostream& log);

}  // namespace tools
