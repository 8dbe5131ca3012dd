// Finds images of a data set whose files hold the same bytes.
#pragma once
#include "data/check/image_lookup.h"
#include "data/dataset.h"

namespace data {

// Adds a problem of kind repeated_picture, or of kind same_picture if their boxes differ, to each
// image whose file holds the bytes of an earlier one, unless neither has a box. Two entries with
// one file are told otherwise.
void find_copies(const Dataset&, ImageFiles&);

}  // namespace data
