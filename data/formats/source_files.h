// Lists the files from which a data set was read.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/formats/source.h"

namespace data {

// Annotations, shards, label maps, names, label files and images. A program that reads this data
// set must not replace them. Some of them may not exist.
std::vector<std::string> files_of(const Source&, const Dataset&);

}  // namespace data
