// One batch as the loader makes it: all that the network and the losses need, in host memory.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/image.h"

namespace data {

// The position of a loader. The next batch begins at image `image` of the epoch's order, counted
// over all ranks. Checkpoints save it. A loader that starts there makes the same batches, bit for
// bit.
struct Cursor {
  int64_t epoch = 0, image = 0;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// How a row of a batch uses the cache of whole pictures in device memory. With `keep`, the row's
// slot begins with a whole picture, which the device copies into the cache for later batches. With
// `read`, the picture is in the cache, and the slot is empty.
struct CacheUse {
  enum class Kind : uint8_t { none, keep, read };
  Kind kind = Kind::none;
  int64_t offset = 0, bytes = 0;  // of the picture in the cache
};

// A batch has N rows, of which the first `images` belong to images; only the last batch of an epoch
// may have fewer than N. The other rows have image index -1, a black picture and no boxes. So do
// rows of unreadable images in evaluation.
struct Batch {
  Cursor start;  // of this batch
  int images = 0;
  int max_boxes = 0;
  std::span<uint8_t> pixels;                 // N slots of kernels::slot_bytes
  std::vector<kernels::StagedImage> staged;  // [N]
  std::vector<CacheUse> cache_use;           // [N], or empty if there is no cache
  std::vector<float> boxes;                  // [N, max_boxes, 4]: ymin, xmin, ymax, xmax in 0..1
  std::vector<int32_t> labels;               // [N, max_boxes]: class column from 1, or 0 for no box
  std::vector<float> weights;                // [N, max_boxes]: 0 for no box
  std::vector<int32_t> counts;               // [N]: the number of boxes
  std::vector<int64_t> image_index;          // [N]: index into Dataset::images
  std::vector<int32_t> heights, widths;  // [N]: size of the image before augmentation, in pixels
};

}  // namespace data
