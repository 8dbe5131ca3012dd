// What the limits of detections per image cost.
#pragma once
#include <span>
#include <string>

#include "data/metrics/detections.h"

namespace data {

// "only the best 100 detections of each image and category count: 3 of 9 are left out, and 0 of 4
// objects cannot be found", for the last of EvaluationOptions::max_detections; empty when the limit
// costs nothing. Crowd regions are no objects.
std::string limit_in_words(const Dataset& truth, std::span<const Detection> detections, int limit);

// "2 of 5 images have more than 100 objects, and 37 of 812 objects cannot be found", where a
// detector gives at most `most` boxes of an image; empty when no image has more objects.
std::string crowded_in_words(const Dataset& truth, int most);

}  // namespace data
