// Finds what is wrong with a data set before it is trained on.
#pragma once
#include "data/check/label_frame.h"
#include "data/dataset.h"
#include "data/problem.h"

namespace data {

// Adds problems of boxes, ids, and names, in the order of the images.
void check_labels(const Dataset& dataset, Problems& problems);

// Opens and decodes every image, and adds problems of files and pixels, in the order of the images.
// If a picture is turned upright and its labels were made for the stored pixels, the labels are
// turned, too; the report says how many. threads: 0 means one per core.
FrameReport check_images(Dataset& dataset, int threads, Problems& problems);

}  // namespace data
