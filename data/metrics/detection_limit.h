// Tells what is lost by limits on the number of detections per image.
#pragma once
#include <span>
#include <string>

#include "data/metrics/detections.h"

namespace data {

// For the last of EvaluationOptions::max_detections: "only the best 100 detections of each image
// and category count: 3 of 9 are left out, and 0 of 4 objects cannot be found". Empty if nothing is
// lost. Crowd regions do not count as objects that cannot be found.
std::string limit_in_words(const Dataset& truth, std::span<const Detection> detections, int limit);

// For a detector that gives at most `most` boxes per image: "2 of 5 images have more than 100
// objects, and 37 of 812 objects cannot be found". Empty if no image has more objects.
std::string crowded_in_words(const Dataset& truth, int most);

}  // namespace data
