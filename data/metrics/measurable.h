// Tells which objects of a data set COCO's metrics count, and whether they have any value.
#pragma once
#include <string>

#include "data/dataset.h"

namespace data {

// Whether the area is one that the metrics count: from 0 to 1e10 px. They ignore other objects.
bool has_counted_area(const Object& object);

// Whether an area that the metrics count is 0, or clearly above that of a box with an area. The
// metrics for small, medium and large objects go by the area. No crowd region counts as odd.
bool has_odd_area(const Object& object);

// Whether the area is that of a pixel at most in a box of many: a part of the image, in 0 to 1,
// instead of pixels. No crowd region is.
bool has_area_in_parts(const Object& object);

// Says why every metric on `truth` would be -1, such as "there is no object in its 12 images".
// Empty if there is something to find. The metrics ignore crowd regions and areas that they do not
// count.
std::string why_unmeasured(const Dataset& truth);

// Says how many objects the metrics ignore because of their area, such as "3 of 12 (25.0 %) objects
// take no part in the metrics, because their area is not from 0 to 1e10 px". Empty if there are
// none, or if nothing can be measured at all. Crowd regions are not counted.
std::string uncounted_in_words(const Dataset& truth);

// Says how many objects have an odd area, such as "3 of 12 (25.0 %) objects have an area of 0 or
// above that of their box, by which they are counted as small, medium or large", and how many have
// an area in parts of the image. Empty if there are no such objects.
std::string odd_areas_in_words(const Dataset& truth);

}  // namespace data
