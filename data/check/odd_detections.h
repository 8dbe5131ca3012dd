// Finds detections that are well formed, but cannot be what was meant.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

// A line for each kind, with the number of such detections and the first: those that do not touch
// their image, those that are listed again with equal values, those with a score outside 0 to 1.
std::vector<std::string> odd_detections(std::span<const Detection> detections,
                                        const Dataset& truth);

// Says that no detection has a low score, as if a threshold had left them out, which lowers every
// metric. Empty if some have, or if there are few.
std::string threshold_in_words(std::span<const Detection> detections);

}  // namespace data
