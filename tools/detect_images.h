// Boxes in image files, as COCO results and as pictures.
#pragma once
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "tools/detection_files.h"
#include "tools/run/loaded_model.h"

namespace tools {

struct DetectJob {
  std::string checkpoint;
  std::vector<std::string> inputs;  // files, folders, and "-" for a list
  std::string watch;                // a folder whose new images follow; empty: none
  bool json_lines = false;          // a line of JSON per image, as soon as it is done
  bool recursive = false;           // folders with those below
  OutputFolders folders;
  std::string json;                  // file of the results; empty: `out`
  bool overwrite = false;            // replace files that exist
  std::string truth;                 // GroundTruth; an empty path: none
  std::optional<std::string> split;  // of `truth`
  double score_threshold = 0.3;
  std::vector<std::string> classes;  // lists as "car,bus": only these are kept; empty: all
  std::optional<double> iou;         // up to which boxes of a class may overlap; none: the model's
  bool agnostic = false;             // boxes of different classes, too
  int most = 0;                      // boxes per image; 0: as the model was evaluated
  int batch = 0;                     // images at a time; 0: 8, or 1 where they come one by one
  std::optional<data::ExifPolicy> exif;  // none: as the model was trained
  run::ModelUse use;
};

// With job.watch or job.json_lines: detect_stream. Otherwise returns the exit code: stopped_early
// when SIGINT, SIGTERM or SIGHUP came before all images were done, whose results are written all
// the same; data when an image could not be read (a line on `log` for each); else done. Other lines
// on `log`: what was left out of folders, what job.truth lacks, and how many images a second took.
// Results are COCO's, with "file_name" and "category" added; an image's id is its place among the
// inputs, from 1. The input "-" is read from `list`, a file descriptor. Errors: usage when there is
// no image, or the model lacks one of job.classes; checkpoint, resources, diverged.
int detect_images(const DetectJob& job, int list, std::ostream& out, std::ostream& log);

}  // namespace tools
