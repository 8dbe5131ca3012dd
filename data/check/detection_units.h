// Recognises detections whose four numbers are not x, y, width, height in pixels.
#pragma once
#include <span>
#include <string>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

// A warning if detections look like corners, centres and sizes, y before x, 0..1, or pixels of
// resized images (detection_frame.h); else empty.
//
// Every detection is read in each of these ways. The objects decide if, in one reading, at least
// three detections, and a tenth of those that can, lie on an object of their class (IoU of 0.5).
// Otherwise the borders of the images decide, as in BoxUnits.
std::string units_in_words(std::span<const Detection> detections, const Dataset& truth);

}  // namespace data
