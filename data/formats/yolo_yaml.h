// Reads data.yaml, which gives the classes and the images of a YOLO data set.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace data {

inline constexpr int kNoKeypoints = -1;  // longer lines are polygons, whatever they look like

struct YoloYaml {
  std::string path;  // folder of the data set, relative to that of the file; may be empty
  std::vector<std::string> names;
  std::vector<int> name_lines;                             // from 1
  std::map<std::string, std::vector<std::string>> splits;  // train, val, test: folders, list files
  std::map<std::string, int> lines;                        // of the splits in the file, from 1
  // In each line of a label, behind the box: the product of kpt_shape. 0 without that key, and
  // kNoKeypoints if it says that there are no key points.
  int keypoint_numbers = 0;
};

// Parses the keys `names` (a list, or a map from 0 .. n-1), `path`, and `train`, `val` (also
// `valid` or `validation`) and `test` (a text or a list of texts). If there is `nc`, it has to be
// the number of names. `kpt_shape`, as in `kpt_shape: [17, 3]`, is the number of key points, and
// how many numbers each has, 2 or 3, or `[0, 0]`. A key that occurs twice is an error; other keys
// are skipped. The file may have 256 KiB, 10,000 names and one document. It may not have aliases,
// with which a small file can stand for a huge one. Throws Error(data), with `where` and the line
// if it is known, if the file is otherwise.
inline constexpr uint64_t kLargestYoloYaml = uint64_t{256} << 10;  // bytes
YoloYaml parse_yolo_yaml(std::string_view text, const std::string& where);

}  // namespace data
