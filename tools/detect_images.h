// Boxes in image files, as COCO results and as pictures.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "tools/run/loaded_model.h"

namespace tools {

struct DetectJob {
  std::string checkpoint;
  std::vector<std::string> inputs;  // files and folders
  std::string pictures;             // folder for pictures with boxes; empty: none
  std::string json;                 // file of the results; empty: `out`
  bool overwrite = false;           // replace files that exist
  double score_threshold = 0.3;
  int most = 0;   // boxes per image; 0: as the model was evaluated
  int batch = 8;  // images at a time
  run::ModelUse use;
};

// Returns the exit code: data when an image could not be read (a line on `log` for each), else
// done. Results are COCO's, with "file_name" and "category" added; an image's id is its place among
// the inputs, from 1. Errors: usage when there is no image, checkpoint, resources, diverged.
int detect_images(const DetectJob& job, std::ostream& out, std::ostream& log);

}  // namespace tools
