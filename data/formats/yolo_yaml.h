// data.yaml, which names the classes and the images of a YOLO data set.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace data {

struct YoloYaml {
  std::string path;  // root of the data set, relative to the file's folder; may be empty
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::string>> splits;  // train, val, test: folders, list files
};

// Parses `names` (a list, or a map of 0 .. n-1), `path`, and `train`, `val`, `test` (a text or a
// list of texts); `nc`, if it is there, has to be the number of names. `kpt_shape` is an error,
// other keys are skipped. At most 256 KiB, 10000 names and one document, without aliases, which
// could make a small file mean a huge one. Error (data), with file and line where known.
YoloYaml parse_yolo_yaml(std::string_view text, const std::string& where);

}  // namespace data
