// The maps of a Winograd convolution, cut into tiles.
#pragma once
#include <algorithm>

#include "engine/conv/shape.h"
#include "engine/conv/winograd_tile.h"

namespace engine::winograd {

// Maps of one size, cut into tiles. A pass computes a map of `to` channels from one of `from`: y
// from x, or dx from dy.
struct Maps {
  int images, height, width, rows, columns, from, to;  // rows, columns: of tiles

  explicit Maps(const ConvShape& s)
      : images(s.images),
        height(s.height),
        width(s.width),
        rows((s.height + kOut - 1) / kOut),
        columns((s.width + kOut - 1) / kOut),
        from(s.pass == ConvPass::grad_input ? s.out_channels : s.in_channels),
        to(s.pass == ConvPass::grad_input ? s.in_channels : s.out_channels) {}
  int64_t tiles() const { return int64_t(images) * rows * columns; }
};

// The left top pixel of a tile's outputs. Its inputs begin one pixel further up and left.
struct Place {
  int64_t image;
  int y, x;

  Place(const Maps& m, int64_t tile)
      : image(tile / (m.rows * m.columns)),
        y(int(tile / m.columns % m.rows) * kOut),
        x(int(tile % m.columns) * kOut) {}
};

// Loads `count` channels of the 6x6 pixels around a tile. What lies outside the map is 0.
template <class T>
void load_inputs(const Maps& m, const T* x, Place at, int channel, int count,
                 Lanes (&tile)[kPoints]) {
  for (int row = 0; row < kIn; ++row)
    for (int column = 0; column < kIn; ++column) {
      const int y = at.y + row - 1, x_ = at.x + column - 1;
      Lanes& to = tile[row * kIn + column];
      if (y < 0 || y >= m.height || x_ < 0 || x_ >= m.width)
        to = Lanes{};
      else
        load(x + ((at.image * m.height + y) * m.width + x_) * m.from + channel, count, to);
    }
}

// Loads 16 channels, if no pixel lies outside. `first` is the first channel of the first pixel.
template <class T> void load_inner_inputs(const Maps& m, const T* first, Lanes (&tile)[kPoints]) {
  for (int row = 0; row < kIn; ++row)
    for (int column = 0; column < kIn; ++column)
      load(first + (int64_t(row) * m.width + column) * m.from, kLanes, tile[row * kIn + column]);
}

// Transforms a tile; `step` floats lie between two points.
template <class T>
void transform_inputs(const Maps& m, size_t step, const T* x, int64_t tile, float* to) {
  const Place at(m, tile);
  const bool inner = at.y > 0 && at.x > 0 && at.y + kOut < m.height && at.x + kOut < m.width;
  const int64_t first = ((at.image * m.height + at.y - 1) * m.width + at.x - 1) * m.from;
  for (int channel = 0; channel < m.from; channel += kLanes) {
    Lanes points[kPoints];
    const int count = std::min(kLanes, m.from - channel);
    if (inner && count == kLanes)
      load_inner_inputs(m, x + first + channel, points);
    else
      load_inputs(m, x, at, channel, count, points);
    input_tile(points);
    store_points(points, count, to + channel, step);
  }
}

}  // namespace engine::winograd
