// Whether a data set has anything that COCO's metrics could measure.
#pragma once
#include <string>

#include "data/dataset.h"

namespace data {

// Why every metric on `truth` would be -1, in words: "it has no objects"; empty when there is
// something to find. Crowd regions are ignored by the metrics, as are areas above 1e10 px.
std::string why_unmeasured(const Dataset& truth);

}  // namespace data
