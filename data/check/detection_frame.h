// Recognises detections in pixels of a network's input instead of those of the images.
#pragma once
#include <span>
#include <string>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

// A warning if the boxes look like pixels of one size to which all images were resized, either
// alone or, with borders added, in their proportions; else empty. The detections with the highest
// scores are compared with the objects, in each reading of their numbers: each pair of both tells
// a size, and the size that most of them tell is tried.
std::string frame_in_words(std::span<const Detection> detections, const Dataset& truth);

}  // namespace data
