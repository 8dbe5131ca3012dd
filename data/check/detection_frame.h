// Recognises detections in pixels of a network's input instead of those of the images.
#pragma once
#include <span>
#include <string>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

// A warning if the boxes seem to be in pixels of one size to which all images were resized, either
// without regard to their proportions or with borders added; else empty. The detections with the
// highest scores are compared with the objects, in each reading of their numbers. Each pair of a
// detection and an object gives a size, and the size that most pairs give is tried.
std::string frame_in_words(std::span<const Detection> detections, const Dataset& truth);

}  // namespace data
