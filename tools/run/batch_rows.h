// The rows of a batch that belongs to no data set.
#pragma once
#include "data/image/picture.h"
#include "data/loading/batch.h"
#include "data/loading/stage_image.h"

namespace run {

// Makes the row one without an image.
void clear_row(data::Batch& batch, size_t row);

// Puts a picture into the row, scaled as in evaluation for an input of this size. `index` becomes
// its image_index.
void fill_row(data::Batch& batch, size_t row, const data::PictureView& picture,
              data::PictureSize input, int64_t index);

}  // namespace run
