// Makes one row of a batch: reads an image, chooses its labels and its augmentation, and stages its
// pixels (stage_image.h). The result depends only on (seed, epoch, position).
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "data/loading/batch.h"
#include "data/loading/image_source.h"
#include "data/loading/stage_image.h"

namespace data {

enum class ImageErrorPolicy { error, skip };

struct SampleOptions {
  PictureSize input{320, 320};
  int max_boxes = 100;  // the first ones are kept
  GroundTruthOptions ground_truth;
  AugmentOptions augment;
  // What happens if an image cannot be read: `error` throws; `skip` takes the next image of the
  // epoch's order instead, or leaves the row empty if replace_unreadable is false.
  ImageErrorPolicy image_errors = ImageErrorPolicy::error;
  bool replace_unreadable = true;
  uint64_t cache_bytes = 0;  // of the cache of decoded pictures in host memory
  DecodeLimits limits;
  // A worker thread calls this with the image's index before it reads the image, but not for
  // pictures that the device has.
  std::function<void(int64_t)> before_read;
};

struct SkippedImage {
  int64_t image = 0;  // index in the data set
  std::string reason;
};

// Allocates the memory of a batch of n rows, except for `pixels`, which holds n slots.
void prepare(Batch& batch, int n, const SampleOptions& options, std::span<uint8_t> pixels);

class SampleBuilder {
 public:
  // The data set must outlive the builder.
  SampleBuilder(const Dataset& dataset, SampleOptions options, uint64_t seed);

  // Fills `row` with the image at `position` of the order, or makes it empty if `position` is -1.
  // Returns the images that were skipped. If there is a cache, batch.cache_use says what to do with
  // the image at `position`; build() changes it to what was done. Threads may call build() at the
  // same time for different rows.
  std::vector<SkippedImage> build(const std::vector<uint32_t>& order, int64_t position, int row,
                                  Batch& batch);

  // How many images of the data set may be unreadable under `skip`: 1 %.
  int64_t skip_limit() const { return int64_t(dataset_.images.size()) / 100; }
  uint64_t cached_bytes() const { return source_.cached_bytes(); }
  int64_t decoded() const { return source_.decoded(); }
  const Dataset& dataset() const { return dataset_; }

 private:
  void fill(int64_t image, int row, Batch& batch, CacheUse use);
  std::shared_ptr<const Picture> read(int64_t image, bool keep);

  const Dataset& dataset_;
  const SampleOptions options_;
  const uint64_t seed_;
  ImageSource source_;
};

}  // namespace data
