// Which XML files belong to a VOC data set.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/problem.h"

namespace data {

struct VocFiles {
  std::vector<std::filesystem::path> paths;  // relative to the folder
  int64_t repeated = 0;                      // lines of the list that name an image again
  std::string first_repeated;                // file and number of the first such line
};

// All *.xml files in the folder and below it, sorted, or those for the names in `list`, a file of
// ImageSets/Main, in its order. Throws Error(data) if there are none, and reports a name in the
// list that has no file.
VocFiles find_voc_files(const std::string& folder, const std::string& list, Problems* problems);

}  // namespace data
