// Anchor boxes: every cell of a feature map has anchors of the same shapes around its centre (Lin
// et al., arXiv:1708.02002, section 4).
#pragma once
#include <vector>

#include "kernels/boxes.h"
#include "kernels/queue.h"

namespace kernels {

// One grid, in pixels. Order of its anchors: row, column, aspect ratio, scale.
struct AnchorGrid {
  int rows = 0, columns = 0;
  float stride_y = 0, stride_x = 0, offset_y = 0, offset_x = 0;  // centre = index * stride + offset
  float base_height = 0, base_width = 0;
  std::vector<float> scales, aspect_ratios;  // an aspect ratio is width / height

  static constexpr int kMostPerCell = 64;
  int64_t per_cell() const { return int64_t(scales.size() * aspect_ratios.size()); }
  int64_t size() const { return int64_t(rows) * columns * per_cell(); }
};

// Writes the anchors of `grid`, scaled by (y, x), to out [size(), 4] f32. Throws
// std::invalid_argument if a cell has more than kMostPerCell.
void grid_anchors(Queue, const AnchorGrid& grid, float y, float x, View out);

struct AnchorLevel {
  int stride = 0, grid_height = 0, grid_width = 0;  // the grid is the feature map's
};

struct AnchorOptions {
  int image_height = 320, image_width = 320;
  std::vector<AnchorLevel> levels = {
      {8, 40, 40}, {16, 20, 20}, {32, 10, 10}, {64, 5, 5}, {128, 3, 3}};
  float anchor_scale = 4;  // base side = anchor_scale * stride
  int scales_per_octave = 2;
  std::vector<float> aspect_ratios = {1.0f, 2.0f, 0.5f};
  bool normalise = true;  // to fractions of the image, else pixels
};

int64_t anchors_per_cell(const AnchorOptions&);
int64_t anchor_count(const AnchorOptions&);
std::vector<AnchorGrid> anchor_grids(const AnchorOptions&);  // one per level, in order

// Writes the anchors of all levels, one level after the other, to out [anchor_count, 4] f32. The
// offset of a centre along an axis is stride / 2 if the image's size is a multiple of the stride,
// else 0. Throws std::invalid_argument for options that make no sense, such as normalised anchors
// of an image of one pixel.
void make_anchors(Queue, const AnchorOptions&, View out);

}  // namespace kernels
