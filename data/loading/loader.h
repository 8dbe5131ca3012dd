// Worker threads make batches ahead of the training loop. The stream of batches depends on the data
// set, the options and the seed, and not on the number of threads or their timing. Boxes and pixels
// do not depend on the queue's depth or on the caches, either.
#pragma once
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "data/loading/epoch_order.h"
#include "data/loading/picture_places.h"
#include "data/loading/sample_builder.h"

namespace data {

struct LoaderOptions {
  int batch_size = 32;
  int threads = 2;
  int queue_depth = 3;  // batches in memory, the one in use included
  uint64_t seed = 0;
  bool shuffle = true;
  bool drop_remainder = true;
  int64_t epochs = 0;       // the stream ends at this epoch; 0: never
  int rank = 0, world = 1;  // this process takes slots rank, rank + world, ... of global batches
  SampleOptions sample;
  // Bytes of a cache of whole pictures in device memory. Its owner has to do what batch.cache_use
  // says, for every batch in order, before it asks for the next batch.
  uint64_t device_cache_bytes = 0;
  // Memory for pixels, pixel_bytes() long, such as pinned memory; empty: the loader's own.
  std::span<uint8_t> pixels = {};

  size_t pixel_bytes() const;
};

// The same options without augmentation and shuffling: one pass over all images.
LoaderOptions for_evaluation(LoaderOptions options);

class Loader {
 public:
  // The data set and options.pixels must outlive the loader. Error(usage) for options out of range,
  // Error(data) for a data set too small for one batch.
  Loader(const Dataset& dataset, LoaderOptions options, Cursor start = {});
  ~Loader();  // waits for the images that are being read, drops what is queued
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // The next batch, valid until the next call; null behind the last epoch. Throws what a worker
  // threw for this batch, now and in every later call: Error(data) for an unreadable image, or when
  // more than 1 % of the images were skipped.
  const Batch* next();

  // Of the batch that next() will give.
  Cursor cursor() const { return cursor_; }
  int64_t batches_per_epoch() const { return plan_.batches_per_epoch(); }
  // The unreadable images of the batches given so far, each once, in order.
  const std::vector<SkippedImage>& skipped() const { return skipped_; }
  uint64_t cached_bytes() const { return builder_.cached_bytes(); }  // in the host's memory
  int64_t decoded() const { return builder_.decoded(); }             // images, so far
  int64_t pictures_on_device();

 private:
  struct Slot {  // one batch in the making or in use
    Batch batch;
    std::shared_ptr<const std::vector<uint32_t>> order;
    int pending = 0;                                 // rows not finished
    std::vector<std::vector<SkippedImage>> skipped;  // by row
    std::vector<std::exception_ptr> errors;          // by row
  };

  void work();
  bool has_work() const;
  bool ended(Cursor cursor) const { return options_.epochs > 0 && cursor.epoch >= options_.epochs; }
  void open_batch();
  void plan_cache(Slot& slot);
  void settle_cache(const Slot& slot);
  void build_row(Slot& slot, int row);
  void collect(const Slot& slot);
  void shut_down();

  const LoaderOptions options_;
  const BatchPlan plan_;
  SampleBuilder builder_;
  std::vector<uint8_t> own_pixels_;
  std::vector<Slot> slots_;

  // The consumer's alone.
  Cursor cursor_;
  bool holding_ = false;
  std::vector<SkippedImage> skipped_;
  std::set<int64_t> skipped_images_;
  std::exception_ptr failure_;

  // Shared, under mutex_.
  std::mutex mutex_;
  std::condition_variable work_changed_, row_finished_;
  int64_t opened_ = 0, released_ = 0;  // batches begun, batches given back by the consumer
  int next_row_;                       // of the newest batch
  Cursor next_open_;
  std::optional<PicturePlaces> places_;  // in the device's cache, where there is one
  std::exception_ptr worker_failure_;    // outside any row
  bool stop_ = false;

  std::vector<std::thread> workers_;
};

}  // namespace data
