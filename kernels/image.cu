#include "kernels/image.h"

#include "kernels/simt.h"
#if defined(__SSE4_1__) && !defined(PACKS)
#include <immintrin.h>
#endif

namespace kernels {
namespace {

// One RGB pixel: three numbers, or on the host a vector register whose fourth lane is not used. All
// forms round in the same way.
#ifdef PACKS
constexpr int kLanes = 3;
template <class A> struct Pixel {
  A at[kLanes];
  HD A& operator[](int c) { return at[c]; }
  HD A operator[](int c) const { return at[c]; }
  HD friend Pixel operator+(Pixel x, Pixel y) { return {x[0] + y[0], x[1] + y[1], x[2] + y[2]}; }
  HD friend Pixel operator-(Pixel x, Pixel y) { return {x[0] - y[0], x[1] - y[1], x[2] - y[2]}; }
  HD friend Pixel operator/(Pixel x, Pixel y) { return {x[0] / y[0], x[1] / y[1], x[2] / y[2]}; }
  HD friend Pixel operator*(Pixel x, A t) { return {x[0] * t, x[1] * t, x[2] * t}; }
};
#else
constexpr int kLanes = 4;
template <class A> struct PixelOf {
  typedef A type __attribute__((vector_size(kLanes * sizeof(A))));
};
template <class A> using Pixel = typename PixelOf<A>::type;
#endif

template <class A> HD Pixel<A> lerp(Pixel<A> from, Pixel<A> to, A t) {
  return from + (to - from) * t;
}

// Reads kLanes bytes.
template <class A> HD Pixel<A> load_pixel(const uint8_t* from) {
#if defined(__SSE4_1__) && !defined(PACKS)
  if constexpr (sizeof(A) == sizeof(float)) {  // gcc 12 does not find this instruction by itself
    int word;
    memcpy(&word, from, 4);
    return _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(word)));
  }
#endif
  Pixel<A> pixel = {};
  for (int c = 0; c < 3; ++c) pixel[c] = A(from[c]);
  return pixel;
}

template <class A> HD Pixel<A> channels(const float* values, A rest) {
  Pixel<A> pixel = {};
  for (int c = 0; c < kLanes; ++c) pixel[c] = c < 3 ? A(values[c]) : rest;
  return pixel;
}

// Pixels of a row must be stored in ascending order, because the unused lane overwrites the next
// one.
template <class A> HD void store_pixel(Pixel<A> pixel, A* to) { memcpy(to, &pixel, sizeof pixel); }

template <class T> struct NormaliseImages {  // one block per output row
  const uint8_t *pixels, *cache;
  const StagedImage* staged;
  T* out;
  int height, width;
  ChannelScaling scaling;
  using A = Acc<T>;
  static constexpr int kTile = 128;

  template <class Block> HD void operator()(Block block) const {
    const StagedImage& image = staged[block.index / height];
    int y = int(block.index % height);
    bool covered = image.picture_height == image.height && image.picture_width == image.width;
    bool plain = covered && image.colour_steps == 0;
    SHARED Shared<A, 3 * kTile + 1> tile;
    for (int first = 0; first < width; first += kTile) {
      int columns = width - first < kTile ? width - first : kTile;
      if (plain)
        plain_row(block, image, y, first, columns, tile);
      else
        row(block, image, y, first, columns, tile);
      T* to = out + (block.index * width + first) * 3;
      block.each(3 * columns, [&](int i) { to[i] = T(tile[i]); });
    }
  }

  HD const uint8_t* stored(const StagedImage& image) const {
    return (image.cached ? cache : pixels) + image.offset;
  }

  // The picture is the whole canvas and keeps its colours.
  template <class Block, class Tile>
  HD void plain_row(Block block, const StagedImage& image, int y, int first, int columns,
                    Tile& tile) const {
    BilinearTap row = bilinear_tap(y, bilinear_scale(image.height, height), image.height);
    const uint8_t* picture = stored(image);
    const uint8_t* top = picture + int64_t(image.gathered_rows ? 2 * y : row.lo) * image.row_bytes;
    const uint8_t* bottom =
        picture + int64_t(image.gathered_rows ? 2 * y + 1 : row.hi) * image.row_bytes;
    int canvas = image.width, gathered = image.gathered_columns;
    float scale = bilinear_scale(canvas, width);
    // Canvas column c is stored at mirror + direction * c.
    int mirror = image.flip ? canvas - 1 : 0, direction = image.flip ? -1 : 1;
    Pixel<A> mean = channels<A>(scaling.mean, 0), deviation = channels<A>(scaling.deviation, 1);
    block.each(columns, [&](int i) {
      int x = first + i;
      BilinearTap column = bilinear_tap(x, scale, canvas);
      int left = 3 * (gathered ? 2 * x : mirror + direction * column.lo);
      int right = 3 * (gathered ? 2 * x + 1 : mirror + direction * column.hi);
      Pixel<A> above = lerp<A>(load_pixel<A>(top + left), load_pixel<A>(top + right), column.t);
      Pixel<A> below =
          lerp<A>(load_pixel<A>(bottom + left), load_pixel<A>(bottom + right), column.t);
      store_pixel<A>((lerp<A>(above, below, row.t) - mean) / deviation, &tile[3 * i]);
    });
  }

  // The pixel (y, x) of the canvas, in the picture or beside it, after the colour steps. stored_y
  // and stored_x are its positions on axes that are stored gathered.
  HD Pixel<A> canvas_pixel(const StagedImage& image, int y, int x, int stored_y,
                           int stored_x) const {
    int row = y - image.picture_y, column = x - image.picture_x;
    A rgb[3] = {image.fill[0], image.fill[1], image.fill[2]};
    if (row >= 0 && row < image.picture_height && column >= 0 && column < image.picture_width) {
      if (image.flip) column = image.picture_width - 1 - column;
      int64_t stored_row = image.gathered_rows ? stored_y : row;
      int stored_column = image.gathered_columns ? stored_x : column;
      const uint8_t* from = stored(image) + stored_row * image.row_bytes + 3 * stored_column;
      for (int c = 0; c < 3; ++c) rgb[c] = A(from[c]);
    }
    for (int i = 0; i < image.colour_steps; ++i) apply_colour(image.colour[i], rgb);
    Pixel<A> pixel = {};
    for (int c = 0; c < 3; ++c) pixel[c] = rgb[c];
    return pixel;
  }

  template <class Block, class Tile>
  HD void row(Block block, const StagedImage& image, int y, int first, int columns,
              Tile& tile) const {
    BilinearTap row = bilinear_tap(y, bilinear_scale(image.height, height), image.height);
    float scale = bilinear_scale(image.width, width);
    Pixel<A> mean = channels<A>(scaling.mean, 0), deviation = channels<A>(scaling.deviation, 1);
    block.each(columns, [&](int i) {
      int x = first + i;
      BilinearTap column = bilinear_tap(x, scale, image.width);
      Pixel<A> side[2];
      for (int k = 0; k < 2; ++k) {
        int canvas_y = k ? row.hi : row.lo, stored_y = 2 * y + k;
        side[k] = lerp<A>(canvas_pixel(image, canvas_y, column.lo, stored_y, 2 * x),
                          canvas_pixel(image, canvas_y, column.hi, stored_y, 2 * x + 1), column.t);
      }
      store_pixel<A>((lerp<A>(side[0], side[1], row.t) - mean) / deviation, &tile[3 * i]);
    });
  }
};

}  // namespace

void normalise_images(Queue queue, View pixels, View cache, const StagedImage* staged,
                      const ChannelScaling& scaling, View out) {
  dispatch(out.dtype, [&]<class T>() {
    int height = int(out.shape[1]), width = int(out.shape[2]);
    blocks<128>(queue, out.shape[0] * height,
                NormaliseImages<T>{pixels.as<uint8_t>(), cache.as<uint8_t>(), staged, out.as<T>(),
                                   height, width, scaling});
  });
}

}  // namespace kernels
