// One batch as the loader makes it: everything the network and the losses need, in host memory.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/image.h"

namespace data {

// The position of a loader: the next batch begins at image `image` of the epoch's order, counted
// over all ranks. Checkpoints save it. A loader that starts there gives the same bits.
struct Cursor {
  int64_t epoch = 0, image = 0;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// How a row of a batch uses the cache of whole pictures in device memory. keep: its slot begins
// with a picture that the device copies into the cache for later batches. read: the picture is in
// the cache, and the slot is empty.
struct CacheUse {
  enum class Kind : uint8_t { none, keep, read };
  Kind kind = Kind::none;
  int64_t offset = 0, bytes = 0;  // of the picture in the cache
};

// N rows, of which the first `images` are filled. The other rows (at the end of an epoch) and, in
// evaluation, rows of unreadable images have image index -1, a black picture and no boxes.
struct Batch {
  Cursor start;  // of this batch
  int images = 0;
  int max_boxes = 0;
  std::span<uint8_t> pixels;                 // N slots of kernels::slot_bytes
  std::vector<kernels::StagedImage> staged;  // [N]
  std::vector<CacheUse> cache_use;           // [N]; empty without a cache
  std::vector<float> boxes;                  // [N, max_boxes, 4] ymin, xmin, ymax, xmax in 0..1
  std::vector<int32_t> labels;               // [N, max_boxes] class column from 1; 0 = no box
  std::vector<float> weights;                // [N, max_boxes]; 0 = no box
  std::vector<int32_t> counts;               // [N] boxes
  std::vector<int64_t> image_index;          // [N] into Dataset::images
  std::vector<int32_t> heights, widths;      // [N] original sizes
};

}  // namespace data
