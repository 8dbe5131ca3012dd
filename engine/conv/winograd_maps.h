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

// Where a tile's outputs lie; its inputs begin one pixel above and to the left.
struct Place {
  int64_t image;
  int y, x;

  Place(const Maps& m, int64_t tile)
      : image(tile / (m.rows * m.columns)),
        y(int(tile / m.columns % m.rows) * kOut),
        x(int(tile % m.columns) * kOut) {}
};

template <class T>
void load_tile(const Maps& m, const T* x, Place at, int channel, Lanes (&tile)[kPoints]) {
  const int lanes = std::min(kLanes, m.from - channel);
  for (int row = 0; row < kIn; ++row)
    for (int column = 0; column < kIn; ++column) {
      const int y = at.y + row - 1, x_ = at.x + column - 1;
      Lanes& to = tile[row * kIn + column];
      if (y < 0 || y >= m.height || x_ < 0 || x_ >= m.width)
        to = Lanes{};
      else
        load(x + ((at.image * m.height + y) * m.width + x_) * m.from + channel, lanes, to);
    }
}

// Tiles `first` and later, point after point; `step` floats lie between two points.
template <class T>
void transform_inputs(const Maps& m, size_t step, const T* x, int64_t first, int tiles, float* to) {
  for (int t = 0; t < tiles; ++t)
    for (int channel = 0; channel < m.from; channel += kLanes) {
      Lanes tile[kPoints];
      load_tile(m, x, Place(m, first + t), channel, tile);
      input_tile(tile);
      const int lanes = std::min(kLanes, m.from - channel);
      float* const row = to + size_t(t) * m.from + channel;
      for (int p = 0; p < kPoints; ++p) store(tile[p], lanes, row + p * step);
    }
}

}  // namespace engine::winograd
