// Reads files of class names, which YOLO and VOC data sets have beside their labels.
#pragma once
#include <string>
#include <vector>

namespace data {

// Reads a file of up to 16 MiB with one name per line, such as classes.txt or obj.names, or the
// `names` of a data.yaml. Blank lines at the end are ignored. Throws Error(data), with file and
// line, if there are no names, if one is empty or occurs twice, if a line is no name
// (fault_of_names), if the text is UTF-16, or if it is a file of another kind, such as a label map,
// JSON, or darknet's obj.data.
std::vector<std::string> read_class_names(const std::string& path);

}  // namespace data
