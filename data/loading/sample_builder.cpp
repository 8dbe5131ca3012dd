#include "data/loading/sample_builder.h"

#include "engine/base/error.h"

namespace data {

namespace {

int64_t slot_size(const SampleOptions& options) {
  return kernels::slot_bytes(options.input.height, options.input.width);
}

void put_boxes(const LabelledBoxes& boxes, int row, Batch& batch) {
  size_t first = size_t(row) * size_t(batch.max_boxes);
  batch.counts[size_t(row)] =
      pad_or_clip(boxes, {batch.boxes.data() + 4 * first, batch.labels.data() + first,
                          batch.weights.data() + first, batch.max_boxes});
}

void clear_row(int row, Batch& batch) {
  size_t i = size_t(row);
  batch.staged[i] = empty_slot();
  if (!batch.cache_use.empty()) batch.cache_use[i] = {};
  batch.image_index[i] = -1;
  batch.heights[i] = batch.widths[i] = 0;
  put_boxes({}, row, batch);
}

}  // namespace

void prepare(Batch& batch, int n, const SampleOptions& options, std::span<uint8_t> pixels) {
  size_t rows = size_t(n), boxes = rows * size_t(options.max_boxes);
  SSD_CHECK(int64_t(pixels.size()) >= n * slot_size(options), "too little memory for pixels");
  batch.max_boxes = options.max_boxes;
  batch.pixels = pixels;
  batch.staged.resize(rows);
  batch.boxes.resize(4 * boxes), batch.labels.resize(boxes), batch.weights.resize(boxes);
  batch.counts.resize(rows), batch.image_index.resize(rows);
  batch.heights.resize(rows), batch.widths.resize(rows);
}

SampleBuilder::SampleBuilder(const Dataset& dataset, SampleOptions options, uint64_t seed)
    : dataset_(dataset),
      options_(std::move(options)),
      seed_(seed),
      source_(dataset, options_.cache_bytes, options_.limits) {}

std::vector<SkippedImage> SampleBuilder::build(const std::vector<uint32_t>& order, int64_t position,
                                               int row, Batch& batch) {
  std::vector<SkippedImage> skipped;
  const CacheUse planned = batch.cache_use.empty() ? CacheUse{} : batch.cache_use[size_t(row)];
  clear_row(row, batch);
  if (position < 0) return skipped;
  int64_t attempts = options_.replace_unreadable ? skip_limit() + 1 : 1;
  for (int64_t i = 0; i < attempts; ++i) {
    int64_t image = order[size_t(position + i) % order.size()];
    try {
      fill(image, row, batch, i == 0 ? planned : CacheUse{});
      return skipped;
    } catch (const base::Error& error) {
      if (error.code() != base::ExitCode::data) throw;
      if (options_.image_errors == ImageErrorPolicy::error)
        base::fail(error.code(), error.what(), "; mend the image, or leave it out of the data",
                   skip_limit() > 0 ? ", or set data.on_bad_image=skip for up to 1 %" : "");
      skipped.push_back({image, error.what()});
    }
  }
  return skipped;
}

std::shared_ptr<const Picture> SampleBuilder::read(int64_t image, bool keep) {
  thread_local auto scratch = std::make_shared<Picture>();
  if (options_.before_read) options_.before_read(image);
  return source_.read(image, scratch, keep);
}

void SampleBuilder::fill(int64_t image, int row, Batch& batch, CacheUse use) {
  using Kind = CacheUse::Kind;
  const ImageEntry& entry = dataset_.images[size_t(image)];
  const PictureSize size{entry.height, entry.width};  // read() refuses a picture of another size
  std::shared_ptr<const Picture> picture;
  if (use.kind != Kind::read) picture = read(image, use.kind == Kind::none);
  LabelledBoxes boxes = ground_truth(dataset_, entry, options_.ground_truth);
  const ImageTransform transform =
      draw_transform(options_.augment, {seed_, batch.start.epoch, image}, size, boxes);
  if (use.kind == Kind::read && needs_pixels(transform)) {
    picture = read(image, true);
    use = {};
  }

  const size_t i = size_t(row), bytes = size_t(slot_size(options_));
  const std::span<uint8_t> slot = batch.pixels.subspan(i * bytes, bytes);
  kernels::StagedImage& staged = batch.staged[i];
  if (!picture)
    staged = describe_whole_image(size, transform);
  else if (use.kind == Kind::keep)
    staged = stage_whole_image(*picture, transform, slot);
  else
    staged = stage_image(*picture, transform, options_.input, slot);
  staged.cached = !picture;
  staged.offset += picture ? int64_t(i * bytes) : use.offset;
  if (!batch.cache_use.empty()) batch.cache_use[i] = use;
  batch.image_index[i] = image;
  batch.heights[i] = entry.height, batch.widths[i] = entry.width;
  put_boxes(boxes, row, batch);
}

}  // namespace data
