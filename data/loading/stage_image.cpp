#include "data/loading/stage_image.h"

#include <algorithm>
#include <cstring>

#include "engine/base/error.h"

namespace data {

namespace {

using kernels::StagedImage;

// The position on the canvas that is stored at position k of a gathered axis (kernels/image.h).
int gathered_tap(int k, int canvas, int output) {
  kernels::BilinearTap tap =
      kernels::bilinear_tap(k / 2, kernels::bilinear_scale(canvas, output), canvas);
  return k % 2 ? tap.hi : tap.lo;
}

void copy_columns(const uint8_t* row, std::span<const int> columns, uint8_t* to) {
  for (size_t i = 0; i < columns.size(); ++i)
    for (int c = 0; c < 3; ++c) to[3 * i + size_t(c)] = row[3 * columns[i] + c];
}

// The columns of the crop to store, in order. A tap beside the picture gets any column, because the
// kernel uses the fill colour there.
std::vector<int> stored_columns(const StagedImage& staged, int output) {
  std::vector<int> columns(size_t(2 * output));
  for (size_t k = 0; k < columns.size(); ++k) {
    int column = gathered_tap(int(k), staged.width, output) - staged.picture_x;
    column = std::clamp(column, 0, staged.picture_width - 1);
    columns[k] = staged.flip ? staged.picture_width - 1 - column : column;
  }
  return columns;
}

void copy_pixels(const PictureView& picture, const PixelWindow& source, PictureSize output,
                 const StagedImage& staged, std::span<uint8_t> slot) {
  SSD_CHECK(int64_t(slot.size()) >= kernels::slot_bytes(output.height, output.width), "small slot");
  std::vector<int> columns;
  if (staged.gathered_columns) columns = stored_columns(staged, output.width);
  int rows = staged.gathered_rows ? 2 * output.height : staged.picture_height;
  for (int k = 0; k < rows; ++k) {
    int row =
        staged.gathered_rows ? gathered_tap(k, staged.height, output.height) - staged.picture_y : k;
    if (row < 0 || row >= staged.picture_height) continue;  // beside the picture, so never read
    const uint8_t* from =
        picture.rgb + ptrdiff_t(source.y + row) * picture.row_bytes + 3 * ptrdiff_t(source.x);
    uint8_t* to = slot.data() + size_t(k) * size_t(staged.row_bytes);
    if (staged.gathered_columns)
      copy_columns(from, columns, to);
    else
      std::memcpy(to, from, size_t(staged.row_bytes));
  }
}

// The crop in the picture before the flip.
PixelWindow source_window(PictureSize picture, const ImageTransform& transform) {
  PixelWindow source = transform.placement.crop;
  SSD_CHECK(source.y >= 0 && source.x >= 0 && source.height > 0 && source.width > 0 &&
                source.y + source.height <= picture.height &&
                source.x + source.width <= picture.width,
            "crop outside the picture");
  if (transform.flip) source.x = picture.width - source.x - source.width;
  return source;
}

// Describes all but the storage of the pixels and the means over them.
StagedImage describe(const ImageTransform& transform) {
  const Placement& p = transform.placement;
  StagedImage staged;
  staged.height = p.height, staged.width = p.width;
  staged.picture_y = p.y, staged.picture_x = p.x;
  staged.picture_height = p.crop.height, staged.picture_width = p.crop.width;
  staged.flip = transform.flip;
  SSD_CHECK(transform.colour.size() <= kernels::kMaxColourSteps, "too many colour steps");
  staged.colour_steps = int32_t(transform.colour.size());
  std::ranges::copy(transform.colour, staged.colour);
  return staged;
}

// Describes the pixels in a slot, too.
StagedImage describe_slot(const ImageTransform& transform, PictureSize output) {
  StagedImage staged = describe(transform);
  staged.gathered_rows = staged.picture_height > 2 * output.height;
  staged.gathered_columns = staged.picture_width > 2 * output.width;
  staged.row_bytes = 3 * (staged.gathered_columns ? 2 * output.width : staged.picture_width);
  return staged;
}

void measure(const Picture& image, const PixelWindow& source, const ImageTransform& transform,
             StagedImage& staged) {
  if (transform.placement.fill_with_mean)
    std::ranges::copy(mean_colour(image, source).at, staged.fill);
  measure_contrast(image, source, staged);
}

}  // namespace

StagedImage stage_image(const Picture& image, const ImageTransform& transform, PictureSize output,
                        std::span<uint8_t> slot) {
  const PixelWindow source = source_window({image.height, image.width}, transform);
  StagedImage staged = describe_slot(transform, output);
  measure(image, source, transform, staged);
  copy_pixels(view_of(image), source, output, staged, slot);
  return staged;
}

StagedImage stage_unchanged(const PictureView& picture, PictureSize output,
                            std::span<uint8_t> slot) {
  const PictureSize size{picture.height, picture.width};
  LabelledBoxes none;
  const ImageTransform transform = draw_transform(no_augmentation(), {}, size, none);
  SSD_CHECK(!needs_pixels(transform), "augmentation where none was asked for");
  const StagedImage staged = describe_slot(transform, output);
  copy_pixels(picture, source_window(size, transform), output, staged, slot);
  return staged;
}

StagedImage stage_whole_image(const Picture& image, const ImageTransform& transform,
                              std::span<uint8_t> slot) {
  const PictureSize size{image.height, image.width};
  StagedImage staged = describe_whole_image(size, transform);
  measure(image, source_window(size, transform), transform, staged);
  SSD_CHECK(int64_t(slot.size()) >= whole_picture_bytes(size), "small slot");
  std::ranges::copy(image.rgb, slot.data());
  return staged;
}

StagedImage describe_whole_image(PictureSize picture, const ImageTransform& transform) {
  const PixelWindow source = source_window(picture, transform);
  StagedImage staged = describe(transform);
  staged.row_bytes = 3 * picture.width;
  staged.offset = int64_t(source.y) * staged.row_bytes + 3 * int64_t(source.x);
  return staged;
}

bool needs_pixels(const ImageTransform& transform) {
  return transform.placement.fill_with_mean ||
         std::ranges::any_of(transform.colour, [](const kernels::ColourStep& step) {
           return step.op == kernels::ColourOp::contrast;
         });
}

int64_t whole_picture_bytes(PictureSize picture) {
  constexpr int64_t kReadBehind = 1;  // the host reads four bytes per pixel
  return 3 * int64_t(picture.height) * picture.width + kReadBehind;
}

StagedImage empty_slot() { return {}; }

}  // namespace data
