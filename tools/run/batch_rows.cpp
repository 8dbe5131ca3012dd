#include "tools/run/batch_rows.h"

namespace run {

void clear_row(data::Batch& batch, size_t row) {
  batch.staged[row] = data::empty_slot();
  batch.image_index[row] = -1;
  batch.heights[row] = batch.widths[row] = 0;
}

void fill_row(data::Batch& batch, size_t row, const data::PictureView& picture,
              data::PictureSize input, int64_t index) {
  const size_t bytes = batch.pixels.size() / batch.staged.size();
  batch.staged[row] =
      data::stage_unchanged(picture, input, batch.pixels.subspan(row * bytes, bytes));
  batch.staged[row].offset = int64_t(row * bytes);
  batch.heights[row] = picture.height, batch.widths[row] = picture.width;
  batch.image_index[row] = index;
}

}  // namespace run
