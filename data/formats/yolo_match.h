// Messages about the files of a YOLO data set: which images have labels, and which label files have
// no image.
#pragma once
#include <string>

#include "data/formats/yolo.h"

namespace data {

struct YoloMatch {
  int64_t labelled = 0;  // images with a label file
  int64_t empty = 0;     // of these, images whose file has no box
};

// One line for the user. To write it, the function searches the label folders for .txt files that
// belong to no image.
std::string matched(const YoloFiles& files, const YoloMatch& match);

// The error message if no image was found.
std::string without_images(const YoloFiles& files);
// The error message if no image has a label file.
std::string without_labels(const YoloFiles& files);

}  // namespace data
