// Tells whether a data set has anything that COCO's metrics could measure.
#pragma once
#include <string>

#include "data/dataset.h"

namespace data {

// Says why every metric on `truth` would be -1, such as "there is no object in its 12 images".
// Empty if there is something to find. The metrics ignore crowd regions and areas above 1e10 px.
std::string why_unmeasured(const Dataset& truth);

}  // namespace data
