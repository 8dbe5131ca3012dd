// Files of class names, as YOLO and VOC data sets have them beside their labels.
#pragma once
#include <string>
#include <vector>

namespace data {

// One name per line, as in classes.txt and obj.names; blank lines at the end are ignored. A
// data.yaml gives its `names`. Error (data), with the line: no names, an empty or a repeated one,
// UTF-16, or a file of another kind, such as a label map, JSON, or darknet's obj.data.
std::vector<std::string> read_class_names(const std::string& path);

}  // namespace data
