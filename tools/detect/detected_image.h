// What a model found in one image, or why there is nothing.
#pragma once
#include <string>
#include <vector>

#include "data/image/draw.h"
#include "data/image/picture.h"
#include "tools/run/class_list.h"

namespace tools {

struct NamedBox {
  const run::ModelClass* category = nullptr;
  data::Rectangle area;  // in pixels
  double score = 0;
};

struct DetectedImage {
  size_t number = 0;  // its position among the inputs, from 1
  std::string file;
  int width = 0, height = 0;    // in pixels
  std::vector<NamedBox> boxes;  // the best one first
  data::Picture picture;        // the decoded image; empty if no file is made of it
  std::string problem;          // why the image could not be read, or empty
};

}  // namespace tools
