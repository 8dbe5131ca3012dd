// One batch as the loader makes it: everything the network and the losses need, in host memory.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/image.h"

namespace data {

// Where a loader stands: the next batch begins at image `image` of the epoch's order (all ranks
// together). Saved with a checkpoint and given back, the stream goes on with the same bits.
struct Cursor {
  int64_t epoch = 0, image = 0;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// What a row of a batch has to do with the cache of whole pictures in device memory: its slot
// begins with a picture that is to be kept there for later batches, or the picture is there already
// and the slot is empty.
struct CacheUse {
  enum class Kind : uint8_t { none, keep, read };
  Kind kind = Kind::none;
  int64_t offset = 0, bytes = 0;  // of the picture's place in the cache
};

// N rows, of which the first `images` are filled. Other rows (the end of an epoch), and rows of
// unreadable pictures in evaluation, have image index -1, a black picture and no boxes.
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
