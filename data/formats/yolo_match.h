// Messages about the files of a YOLO data set: which images have labels, and which label files have
// no image.
#pragma once
#include <filesystem>
#include <string>

#include "data/formats/yolo.h"
#include "data/formats/yolo/yolo_counts.h"

namespace data {

struct YoloMatch {
  int64_t unreadable = 0;  // images whose picture cannot be read; no count below includes them
  int64_t labelled = 0;    // images with a label file
  int64_t damaged = 0;     // of these, images whose file has something that cannot be used
  int64_t left_out = 0;    // of these, images of which no box could be read
  int64_t empty = 0;       // images whose file is whole and has no box
  YoloCounts lines;
};

// Whether this label file exists. Throws Error(data) if the file, or a folder above it, is a link
// that leads nowhere, or may not be looked at: its image must not count as one without objects.
bool has_labels(const std::filesystem::path& labels);

// One line for the user. To write it, the function searches the label folders for .txt files that
// belong to no image.
std::string match_in_words(const YoloFiles& files, const YoloMatch& match);

// The error message if no image was found.
std::string without_images(const YoloFiles& files);
// The error message if no image has a label file.
std::string without_labels(const YoloFiles& files);

}  // namespace data
