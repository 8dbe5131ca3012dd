// The files that a data set was read from.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/formats/source.h"

namespace data {

// Annotations, shards, label maps, names, label files and images: what a program that read this
// data set must not replace. Files that are not there may be among them.
std::vector<std::string> files_of(const Source&, const Dataset&);

}  // namespace data
