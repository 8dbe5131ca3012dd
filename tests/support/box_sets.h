// Small sets of boxes for what looks at their numbers.
#pragma once
#include <vector>

#include "data/dataset.h"

namespace tests {

data::Object box(double x, double y, double width, double height);
// One image with these boxes.
data::Dataset with_boxes(const std::vector<data::Object>& boxes, int width = 200, int height = 100);
// A hundred objects that nearly fill their images of 160 x 160.
data::Dataset large_objects();
// The same boxes as x1, y1, x2, y2.
data::Dataset as_corners(data::Dataset set);

}  // namespace tests
