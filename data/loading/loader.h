// Makes batches ahead of the training loop, on worker threads. The batches depend on the data set,
// the options and the seed, but not on the number of threads or their timing. Boxes and pixels do
// not depend on the depth of the queue or on the caches, either.
#pragma once
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "data/loading/epoch_order.h"
#include "data/loading/picture_places.h"
#include "data/loading/sample_builder.h"

namespace data {

struct LoaderOptions {
  int batch_size = 32;
  std::string batch_key = "the batch size";  // what messages call it
  int threads = 2;
  int queue_depth = 3;  // batches in memory, with the one in use
  uint64_t seed = 0;
  bool shuffle = true;
  bool drop_remainder = true;
  int64_t epochs = 0;       // the batches end before this epoch; if 0, they never end
  int rank = 0, world = 1;  // this process takes images rank, rank + world, ... of global batches
  SampleOptions sample;
  // The size of a cache of whole pictures in device memory. The caller owns the cache, and does
  // what batch.cache_use says for every batch, in order, before it asks for the next batch.
  uint64_t device_cache_bytes = 0;
  // Memory for pixels, of pixel_bytes(), such as pinned memory. If empty, the loader has its own.
  std::span<uint8_t> pixels = {};

  size_t pixel_bytes() const;  // of all batches in the queue
};

// The same options for one pass over all images, in order and without augmentation.
LoaderOptions for_evaluation(LoaderOptions options);

class Loader {
 public:
  // Starts the threads. The data set and options.pixels must outlive the loader. Throws
  // Error(usage) if an option is out of range, and Error(data) if the data set is too small for one
  // batch.
  Loader(const Dataset& dataset, LoaderOptions options, Cursor start = {});
  ~Loader();  // waits for the images that are being read, and drops the batches in the queue
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Waits for the next batch and returns it. It is valid until the next call. Returns null after
  // the last epoch. Throws what a worker threw for this batch: Error(data) if an image cannot be
  // read. Throws Error(data), too, if more than 1 % of the images were skipped. After an error
  // every later call throws the same again.
  const Batch* next();

  // The position of the batch that next() will return.
  Cursor cursor() const { return cursor_; }
  int64_t batches_per_epoch() const { return plan_.batches_per_epoch(); }
  // The unreadable images of the batches returned so far, each once, in order.
  const std::vector<SkippedImage>& skipped() const { return skipped_; }
  uint64_t cached_bytes() const { return builder_.cached_bytes(); }  // of the host's cache
  int64_t decoded() const { return builder_.decoded(); }  // how often an image was decoded
  int64_t pictures_on_device();  // in the device's cache, for batches that are begun from now on

 private:
  struct QueuedBatch {  // one batch that is being made, waits or is in use
    Batch batch;
    std::shared_ptr<const std::vector<uint32_t>> order;
    int pending = 0;                                 // rows that are not finished
    std::vector<std::vector<SkippedImage>> skipped;  // by row
    std::vector<std::exception_ptr> errors;          // by row
  };

  void work();
  bool has_work() const;
  bool ended(Cursor cursor) const { return options_.epochs > 0 && cursor.epoch >= options_.epochs; }
  void open_batch();
  void plan_cache(QueuedBatch& queued);
  void settle_cache(const QueuedBatch& queued);
  void build_row(QueuedBatch& queued, int row);
  void collect(const QueuedBatch& queued);
  void shut_down();

  const LoaderOptions options_;
  const BatchPlan plan_;
  SampleBuilder builder_;
  std::vector<uint8_t> own_pixels_;
  std::vector<QueuedBatch> batches_;

  // Only the thread that calls next() uses these.
  Cursor cursor_;
  bool holding_ = false;
  std::vector<SkippedImage> skipped_;
  std::set<int64_t> skipped_images_;
  std::exception_ptr failure_;

  // mutex_ protects these.
  std::mutex mutex_;
  std::condition_variable work_changed_, row_finished_;
  int64_t opened_ = 0, released_ = 0;  // batches that workers began; that the caller has finished
  int next_row_;                       // the row of the newest batch that a worker makes next
  Cursor next_open_;
  std::optional<PicturePlaces> places_;  // if the device has a cache
  std::exception_ptr worker_failure_;    // that belongs to no row
  bool stop_ = false;

  std::vector<std::thread> workers_;
};

}  // namespace data
