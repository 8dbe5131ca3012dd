// What is told of a YOLO data set's files: which images have labels, which labels have no image.
#pragma once
#include <string>

#include "data/formats/yolo.h"

namespace data {

struct YoloMatch {
  int64_t labelled = 0, empty = 0;  // images with a label file; those whose file has no box
};

// One line for the user. Looks through the label folders for .txt files that no image has.
std::string matched(const YoloFiles& files, const YoloMatch& match);

// The errors when no image was found, and when no image has a label file.
std::string without_images(const YoloFiles& files);
std::string without_labels(const YoloFiles& files);

}  // namespace data
