// Makes the network's input from 8-bit images in one pass: each is placed on a canvas, flipped,
// changed in colour, resized and normalised.
#pragma once
#include "kernels/colour.h"
#include "kernels/queue.h"

namespace kernels {

// Bilinear sampling as in TensorFlow 1, without half-pixel centres and antialiasing. Output i reads
// the source positions lo and hi only, with the weight t for hi.
struct BilinearTap {
  int lo, hi;
  float t;
};
HD float bilinear_scale(int in, int out) { return float(in) / float(out); }
HD BilinearTap bilinear_tap(int i, float scale, int in) {
  float source = float(i) * scale;
  int lo = int(source);
  return {lo, lo + 1 < in ? lo + 1 : in - 1, source - float(lo)};
}

// Where one image lies in the pixel buffer and what becomes of it. The struct is copied to the
// device as plain bytes. The canvas (height x width) is resized to the output. The image covers a
// part of the canvas, and the rest of it has the colour `fill`. An output row reads only two rows
// of the canvas, and an output column two columns. Therefore, if the image is more than twice as
// large as the output along an axis, this axis is stored gathered: position 2i holds tap `lo` of
// output i, and position 2i + 1 tap `hi`. So slot_bytes() bounds the bytes of every image.
struct StagedImage {
  int64_t offset = 0;             // first byte in the pixel buffer or, if `cached`, in the cache
  int32_t height = 1, width = 1;  // canvas
  int32_t picture_y = 0, picture_x = 0, picture_height = 0, picture_width = 0;  // on the canvas
  int32_t row_bytes = 0;  // from one stored row to the next
  bool gathered_rows = false, gathered_columns = false, flip = false, cached = false;
  float fill[3] = {};
  int32_t colour_steps = 0;
  ColourStep colour[kMaxColourSteps];  // in this order, on source pixels, before resizing
};

// The size of a slot, which is enough for an image of any size. Its last bytes never hold pixels,
// because the host reads four bytes per pixel.
HD int64_t slot_bytes(int out_height, int out_width) {
  return (int64_t(out_height) * out_width * 12 + 4 + 63) / 64 * 64;
}

struct ChannelScaling {  // out = (value - mean) / deviation, value in 0..255
  float mean[3] = {0, 0, 0};
  float deviation[3] = {1, 1, 1};
};

// pixels, cache: u8, any shape; the cache may be empty where no image is cached. staged:
// StagedImage[images] in memory of the same device. out: [images, height, width, 3] of any
// floating-point dtype. The kernel computes in f32, or in f64 for f64 output. If canvas and output
// have the same size, resampling changes no pixel.
void normalise_images(Queue queue, View pixels, View cache, const StagedImage* staged,
                      const ChannelScaling& scaling, View out);

}  // namespace kernels
