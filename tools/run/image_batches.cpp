#include "tools/run/image_batches.h"

#include "data/image/image_file.h"
#include "data/loading/sample_builder.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/worker_threads.h"

namespace run {

ImageBatches::ImageBatches(std::vector<std::string> files, const ImageBatchOptions& options)
    : files_(std::move(files)), options_(options) {
  const size_t slot_bytes = size_t(kernels::slot_bytes(options.input.height, options.input.width));
  const size_t rows = size_t(options.batch_size);
  for (ImageBatch& slot : slots_) {
    slot.pixels.resize(rows * slot_bytes);
    slot.pictures.resize(rows), slot.problems.resize(rows), slot.orientations.resize(rows);
    const data::SampleOptions sample{.input = options.input, .max_boxes = options.max_boxes};
    data::prepare(slot.batch, options.batch_size, sample, slot.pixels);
  }
  start_reading();
}

void ImageBatches::start_reading() {
  const size_t first = begun_ * size_t(options_.batch_size);
  if (first >= files_.size()) return;
  ImageBatch& slot = slots_[begun_++ % 2];
  reading_ = std::async(std::launch::async, [this, &slot, first] { read(slot, first); });
}

const ImageBatch* ImageBatches::next() {
  if (given_ == begun_) return nullptr;
  reading_.get();
  const ImageBatch& slot = slots_[given_++ % 2];
  start_reading();
  return &slot;
}

void ImageBatches::read(ImageBatch& slot, size_t first) const {
  slot.batch.start = {.epoch = 0, .image = int64_t(first)};
  slot.batch.images = int(std::min(size_t(options_.batch_size), files_.size() - first));
  base::for_each_parallel(size_t(options_.batch_size), options_.threads,
                          [&](size_t row) { read_row(slot, first, row); });
}

void ImageBatches::read_row(ImageBatch& slot, size_t first, size_t row) const {
  data::Batch& batch = slot.batch;
  batch.staged[row] = data::empty_slot();
  batch.image_index[row] = -1;
  batch.heights[row] = batch.widths[row] = 0;
  slot.problems[row].clear();
  slot.pictures[row] = {};
  slot.orientations[row] = 1;
  if (int(row) >= batch.images) return;
  try {
    const std::string& file = files_[first + row];
    const data::DecodeLimits limits;
    data::Image picture;
    slot.orientations[row] = data::decode_upright_into(base::read_file(file, limits.max_file_bytes),
                                                       file, limits, options_.exif, picture);
    data::LabelledBoxes none;
    const data::ImageTransform transform =
        data::draw_transform(data::no_augmentation(), {}, {picture.height, picture.width}, none);
    const size_t bytes = slot.pixels.size() / slot.pictures.size();
    batch.staged[row] = data::stage_image(picture, transform, options_.input,
                                          batch.pixels.subspan(row * bytes, bytes));
    batch.staged[row].offset = int64_t(row * bytes);
    batch.heights[row] = picture.height, batch.widths[row] = picture.width;
    batch.image_index[row] = int64_t(first + row);
    if (options_.keep_pictures) slot.pictures[row] = std::move(picture);
  } catch (const base::Error& error) {
    if (error.code() != base::ExitCode::data) throw;
    slot.problems[row] = error.what();
  }
}

}  // namespace run
