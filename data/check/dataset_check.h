// Finds what is wrong with a data set before it is trained on.
#pragma once
#include "data/dataset.h"
#include "data/problem.h"

namespace data {

// Adds problems of boxes, ids, and names, in the order of the images.
void check_labels(const Dataset& dataset, Problems& problems);

// Opens and decodes every image; adds problems of files and pixels, in the order of the images.
// threads: 0 means one per core.
void check_images(const Dataset& dataset, int threads, Problems& problems);

}  // namespace data
