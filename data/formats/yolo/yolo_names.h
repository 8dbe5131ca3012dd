// Finds the file of class names of a YOLO data set that has no data.yaml.
#pragma once
#include <string>
#include <vector>

#include "data/formats/source.h"

namespace data {

// The file of class names of a folder of label files: classes.txt or obj.names in that folder, or
// in labels/ below it. Empty if there is none.
std::string names_beside_labels(const std::string& folder);

// The class names of source.names, or of the file that lies in source.yolo. Throws Error(data) if
// there is none, with the files in and above the folder that may be meant, or if several of them
// have different names.
std::vector<std::string> names_of_folder(const Source& source);

}  // namespace data
