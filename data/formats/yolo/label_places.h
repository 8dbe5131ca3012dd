// Finds label files of YOLO, wherever they lie.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/formats/yolo.h"

namespace data {

struct LabelFiles {
  std::vector<std::filesystem::path> paths;  // sorted
  std::string unseen;  // "; 2 folders could not be looked at, ..." if there are any
};
LabelFiles label_files(const std::vector<std::filesystem::path>& folders);

// Where label files lie below the image folder that are in no folder in which they were looked for,
// such as ", but 12 .txt files in set/Labels: rename or move that folder". Empty if there are none.
std::string other_label_places(const YoloFiles& files);

}  // namespace data
