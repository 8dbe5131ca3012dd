#include "data/loading/loader.h"

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/ranges.h"

namespace data {

namespace {

using base::ExitCode;

void check_at_least(const char* name, int64_t value, int64_t least) {
  if (value < least)
    base::fail(ExitCode::usage, "loader: ", name, " is ", value, ", expected at least ", least);
}

LoaderOptions checked(LoaderOptions options, const Dataset& dataset) {
  check_at_least("batch_size", options.batch_size, 1);
  check_at_least("threads", options.threads, 1);
  check_at_least("queue_depth", options.queue_depth, 1);
  check_at_least("max_boxes", options.sample.max_boxes, 1);
  check_at_least("input height", options.sample.input.height, 1);
  check_at_least("input width", options.sample.input.width, 1);
  check_at_least("rank", options.rank, 0);
  check_at_least("world", options.world, options.rank + 1);
  check(options.sample.augment);
  const auto& columns = options.sample.ground_truth.class_columns;
  SSD_CHECK(columns.size() == dataset.categories.size(), columns.size(), " class columns for ",
            dataset.categories.size(), " categories");
  return options;
}

// Says what to do if there are fewer images than one batch of all ranks needs.
std::string cure_of(const BatchPlan& plan, const LoaderOptions& options) {
  if (plan.images == 0) return "";
  if (plan.images < plan.world) {
    const int64_t batches = plan.images / options.batch_size;
    return base::concatenate("; each of ", plan.world, " ranks needs ", options.batch_size,
                             ": start ", std::max<int64_t>(batches, 1), " at most",
                             batches > 0 ? "" : " with a smaller " + options.batch_key,
                             ", or add images");
  }
  return base::concatenate("; lower ", options.batch_key, " to ", plan.images / plan.world,
                           plan.world > 1 ? " for each rank" : "", ", or add images");
}

BatchPlan plan_of(const LoaderOptions& options, const Dataset& dataset) {
  BatchPlan plan{.images = int64_t(dataset.images.size()),
                 .batch_size = options.batch_size,
                 .rank = options.rank,
                 .world = options.world,
                 .drop_remainder = options.drop_remainder};
  if (plan.batches_per_epoch() == 0)
    base::fail(ExitCode::data, dataset.source.empty() ? "the data set" : dataset.source, " has ",
               base::counted(plan.images, "image"), ", expected at least ",
               options.drop_remainder ? plan.global_batch() : 1, " for one batch",
               cure_of(plan, options));
  return plan;
}

}  // namespace

size_t LoaderOptions::pixel_bytes() const {
  int64_t slot = kernels::slot_bytes(sample.input.height, sample.input.width);
  return size_t(queue_depth) * size_t(batch_size) * size_t(slot);
}

LoaderOptions for_evaluation(LoaderOptions options) {
  options.shuffle = options.drop_remainder = false;
  options.device_cache_bytes = 0;
  options.epochs = 1;
  options.sample.augment = no_augmentation();
  options.sample.replace_unreadable = false;
  return options;
}

Loader::Loader(const Dataset& dataset, LoaderOptions options, Cursor start)
    : options_(checked(std::move(options), dataset)),
      plan_(plan_of(options_, dataset)),
      builder_(dataset, options_.sample, options_.seed),
      batches_(size_t(options_.queue_depth)),
      next_row_(options_.batch_size) {
  check_at_least("cursor epoch", start.epoch, 0);
  check_at_least("cursor image", start.image, 0);
  cursor_ = next_open_ = plan_.normalised(start);
  std::span<uint8_t> pixels = options_.pixels;
  size_t bytes = options_.pixel_bytes();
  if (pixels.empty()) {
    own_pixels_.resize(bytes);
    pixels = own_pixels_;
  }
  SSD_CHECK(pixels.size() >= bytes, pixels.size(), " bytes for pixels, expected ", bytes);
  size_t part = bytes / batches_.size();
  for (size_t i = 0; i < batches_.size(); ++i)
    prepare(batches_[i].batch, options_.batch_size, options_.sample,
            pixels.subspan(i * part, part));
  if (options_.device_cache_bytes > 0) {
    places_.emplace(dataset, options_.sample.input, options_.device_cache_bytes);
    for (QueuedBatch& queued : batches_) queued.batch.cache_use.resize(size_t(options_.batch_size));
  }
  try {
    for (int i = 0; i < options_.threads; ++i) workers_.emplace_back([this] { work(); });
  } catch (...) {
    shut_down();
    throw;
  }
}

Loader::~Loader() { shut_down(); }

void Loader::shut_down() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_changed_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

bool Loader::has_work() const {
  if (next_row_ < options_.batch_size) return true;
  return opened_ - released_ < options_.queue_depth && !ended(next_open_);
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_changed_.wait(lock, [this] { return stop_ || worker_failure_ || has_work(); });
    if (stop_ || worker_failure_) return;
    try {
      if (next_row_ == options_.batch_size) open_batch();
    } catch (...) {
      worker_failure_ = std::current_exception();
      row_finished_.notify_all();
      work_changed_.notify_all();
      return;
    }
    QueuedBatch& queued = batches_[size_t((opened_ - 1) % options_.queue_depth)];
    int row = next_row_++;
    lock.unlock();
    build_row(queued, row);
    lock.lock();
    if (--queued.pending == 0) row_finished_.notify_all();
  }
}

// The caller is done with the old batch of `queued`, so the pictures that it kept are on the
// device. Therefore a batch can read only what batches at least queue_depth before it have kept.
void Loader::settle_cache(const QueuedBatch& queued) {
  const Batch& batch = queued.batch;
  for (int row = 0; row < batch.images; ++row)
    if (batch.cache_use[size_t(row)].kind == CacheUse::Kind::keep)
      places_->arrived(batch.image_index[size_t(row)]);
}

int64_t Loader::pictures_on_device() {
  std::lock_guard lock(mutex_);
  return places_ ? places_->pictures() : 0;
}

void Loader::plan_cache(QueuedBatch& queued) {
  for (int row = 0; row < queued.batch.images; ++row) {
    const int64_t position = plan_.position(queued.batch.start, row);
    queued.batch.cache_use[size_t(row)] = places_->next_use((*queued.order)[size_t(position)]);
  }
}

void Loader::open_batch() {
  QueuedBatch& queued = batches_[size_t(opened_ % options_.queue_depth)];
  if (places_) settle_cache(queued);
  const QueuedBatch* previous =
      opened_ > 0 ? &batches_[size_t((opened_ - 1) % options_.queue_depth)] : nullptr;
  bool same_epoch = previous && previous->batch.start.epoch == next_open_.epoch;
  queued.order = same_epoch ? previous->order
                            : std::make_shared<const std::vector<uint32_t>>(epoch_order(
                                  plan_.images, options_.shuffle, options_.seed, next_open_.epoch));
  size_t rows = size_t(options_.batch_size);
  queued.errors.assign(rows, nullptr);
  queued.skipped.assign(rows, {});
  queued.batch.start = next_open_;
  queued.batch.images = 0;
  while (queued.batch.images < options_.batch_size &&
         plan_.position(next_open_, queued.batch.images) >= 0)
    ++queued.batch.images;
  if (places_) plan_cache(queued);
  queued.pending = options_.batch_size;
  next_open_ = plan_.next(next_open_);
  next_row_ = 0;
  ++opened_;
  work_changed_.notify_all();
}

void Loader::build_row(QueuedBatch& queued, int row) {
  try {
    int64_t position = plan_.position(queued.batch.start, row);
    queued.skipped[size_t(row)] = builder_.build(*queued.order, position, row, queued.batch);
  } catch (...) {
    queued.errors[size_t(row)] = std::current_exception();
  }
}

const Batch* Loader::next() {
  base::Range range("data wait");
  if (failure_) std::rethrow_exception(failure_);
  std::unique_lock lock(mutex_);
  if (holding_) {
    holding_ = false;
    ++released_;
    work_changed_.notify_all();
  }
  if (ended(cursor_)) return nullptr;
  QueuedBatch& queued = batches_[size_t(released_ % options_.queue_depth)];
  row_finished_.wait(lock,
                     [&] { return worker_failure_ || (opened_ > released_ && !queued.pending); });
  failure_ = worker_failure_;
  lock.unlock();
  try {
    if (failure_) std::rethrow_exception(failure_);
    collect(queued);
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
  holding_ = true;
  cursor_ = plan_.next(cursor_);
  return &queued.batch;
}

void Loader::collect(const QueuedBatch& queued) {
  for (const auto& error : queued.errors)
    if (error) std::rethrow_exception(error);
  for (const auto& row : queued.skipped)
    for (const SkippedImage& skipped : row)
      if (skipped_images_.insert(skipped.image).second) skipped_.push_back(skipped);
  if (int64_t(skipped_.size()) > builder_.skip_limit())
    base::fail(ExitCode::data, skipped_.size(), " of ", plan_.images,
               " images cannot be read, but at most 1 % may be skipped; the first: ",
               skipped_.front().reason);
}

}  // namespace data
