// Boxes in image files, as COCO results and as pictures.
#pragma once
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "tools/run/loaded_model.h"

namespace tools {

struct DetectJob {
  std::string checkpoint;
  std::vector<std::string> inputs;  // files, folders, and "-" for a list
  bool recursive = false;           // folders with those below
  std::string pictures;             // folder for pictures with boxes; empty: none
  std::string json;                 // file of the results; empty: `out`
  bool overwrite = false;           // replace files that exist
  double score_threshold = 0.3;
  std::vector<std::string> classes;  // lists as "car,bus": only these are kept; empty: all
  std::optional<double> iou;         // up to which boxes of a class may overlap; none: the model's
  bool agnostic = false;             // boxes of different classes, too
  int most = 0;                      // boxes per image; 0: as the model was evaluated
  int batch = 8;                     // images at a time
  std::optional<data::ExifPolicy> exif;  // none: as the model was trained
  run::ModelUse use;
};

// Returns the exit code: data when an image could not be read (a line on `log` for each), else
// done. Other lines on `log`: what was left out of folders, and how many images a second took.
// Results are COCO's, with "file_name" and "category" added; an image's id is its place among the
// inputs, from 1. The input "-" is read from `list`. Errors: usage when there is no image, or the
// model lacks one of job.classes; checkpoint, resources, diverged.
int detect_images(const DetectJob& job, std::istream& list, std::ostream& out, std::ostream& log);

}  // namespace tools
