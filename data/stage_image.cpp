#include "data/stage_image.h"

#include <algorithm>
#include <cstring>

#include "engine/error.h"

namespace data {

namespace {

using kernels::StagedImage;

// Canvas position that stored position k of a gathered axis holds.
int gathered_tap(int k, int canvas, int output) {
  kernels::BilinearTap tap =
      kernels::bilinear_tap(k / 2, kernels::bilinear_scale(canvas, output), canvas);
  return k % 2 ? tap.hi : tap.lo;
}

void copy_columns(const uint8_t* row, std::span<const int> columns, uint8_t* to) {
  for (size_t i = 0; i < columns.size(); ++i)
    for (int c = 0; c < 3; ++c) to[3 * i + size_t(c)] = row[3 * columns[i] + c];
}

// Columns of the crop to store, in order. Taps beside the picture get any column: the kernel fills.
std::vector<int> stored_columns(const StagedImage& staged, int output) {
  std::vector<int> columns(size_t(2 * output));
  for (size_t k = 0; k < columns.size(); ++k) {
    int column = gathered_tap(int(k), staged.width, output) - staged.picture_x;
    column = std::clamp(column, 0, staged.picture_width - 1);
    columns[k] = staged.flip ? staged.picture_width - 1 - column : column;
  }
  return columns;
}

void copy_pixels(const Image& image, const PixelWindow& source, PictureSize output,
                 const StagedImage& staged, uint8_t* slot) {
  std::vector<int> columns;
  if (staged.gathered_columns) columns = stored_columns(staged, output.width);
  int rows = staged.gathered_rows ? 2 * output.height : staged.picture_height;
  for (int k = 0; k < rows; ++k) {
    int row =
        staged.gathered_rows ? gathered_tap(k, staged.height, output.height) - staged.picture_y : k;
    if (row < 0 || row >= staged.picture_height) continue;  // beside the picture: never read
    const uint8_t* from =
        image.rgb.data() + 3 * (size_t(source.y + row) * size_t(image.width) + size_t(source.x));
    uint8_t* to = slot + size_t(k) * size_t(staged.row_bytes);
    if (staged.gathered_columns)
      copy_columns(from, columns, to);
    else
      std::memcpy(to, from, size_t(staged.row_bytes));
  }
}

}  // namespace

StagedImage stage_image(const Image& image, const ImageTransform& transform, PictureSize output,
                        std::span<uint8_t> slot) {
  const Placement& p = transform.placement;
  SSD_CHECK(p.crop.y >= 0 && p.crop.x >= 0 && p.crop.height > 0 && p.crop.width > 0 &&
                p.crop.y + p.crop.height <= image.height && p.crop.x + p.crop.width <= image.width,
            "crop outside the picture");
  PixelWindow source = p.crop;
  if (transform.flip) source.x = image.width - p.crop.x - p.crop.width;

  StagedImage staged;
  staged.height = p.height, staged.width = p.width;
  staged.picture_y = p.y, staged.picture_x = p.x;
  staged.picture_height = source.height, staged.picture_width = source.width;
  staged.gathered_rows = staged.picture_height > 2 * output.height;
  staged.gathered_columns = staged.picture_width > 2 * output.width;
  staged.row_bytes = 3 * (staged.gathered_columns ? 2 * output.width : staged.picture_width);
  staged.flip = transform.flip;
  if (p.fill_with_mean) std::ranges::copy(mean_colour(image, source).at, staged.fill);
  SSD_CHECK(transform.colour.size() <= kernels::kMaxColourSteps, "too many colour steps");
  staged.colour_steps = int32_t(transform.colour.size());
  std::ranges::copy(transform.colour, staged.colour);
  measure_contrast(image, source, staged);

  SSD_CHECK(int64_t(slot.size()) >= kernels::slot_bytes(output.height, output.width), "small slot");
  copy_pixels(image, source, output, staged, slot.data());
  return staged;
}

StagedImage empty_slot() { return {}; }

}  // namespace data
