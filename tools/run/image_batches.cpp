#include "tools/run/image_batches.h"

#include <algorithm>

#include "data/image/image_file.h"
#include "data/loading/sample_builder.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/worker_threads.h"
#include "tools/run/batch_rows.h"

namespace run {

namespace {

ImageSource all_of(std::vector<std::string> files) {
  return [files = std::move(files), next = size_t(0)](size_t most) mutable {
    const size_t count = std::min(most, files.size() - next);
    const auto first = files.begin() + ptrdiff_t(next);
    next += count;
    return std::vector<std::string>(first, first + ptrdiff_t(count));
  };
}

}  // namespace

ImageBatches::ImageBatches(std::vector<std::string> files, const ImageBatchOptions& options)
    : ImageBatches(all_of(std::move(files)), options) {}

ImageBatches::ImageBatches(ImageSource source, const ImageBatchOptions& options)
    : source_(std::move(source)), options_(options) {
  const size_t slot_bytes = size_t(kernels::slot_bytes(options.input.height, options.input.width));
  const size_t rows = size_t(options.batch_size);
  for (ImageBatch& slot : slots_) {
    slot.pixels.resize(rows * slot_bytes);
    slot.files.resize(rows), slot.orientations.resize(rows);
    slot.traits.resize(rows), slot.pictures.resize(rows), slot.problems.resize(rows);
    const data::SampleOptions sample{.input = options.input, .max_boxes = options.max_boxes};
    data::prepare(slot.batch, options.batch_size, sample, slot.pixels);
  }
  start_reading();
}

void ImageBatches::start_reading() {
  ImageBatch& slot = slots_[given_ % 2];
  reading_ = std::async(std::launch::async, [this, &slot] { read(slot); });
}

ImageBatch* ImageBatches::next() {
  if (!reading_.valid()) return nullptr;
  reading_.get();
  ImageBatch& slot = slots_[given_++ % 2];
  if (slot.batch.images == 0) return nullptr;
  start_reading();
  return &slot;
}

void ImageBatches::read(ImageBatch& slot) {
  const std::vector<std::string> files = source_(size_t(options_.batch_size));
  slot.batch.start = {.epoch = 0, .image = int64_t(read_)};
  slot.batch.images = int(files.size());
  std::copy(files.begin(), files.end(), slot.files.begin());
  base::for_each_parallel(size_t(options_.batch_size), options_.threads,
                          [&](size_t row) { read_row(slot, row); });
  read_ += files.size();
}

void ImageBatches::read_row(ImageBatch& slot, size_t row) const {
  data::Batch& batch = slot.batch;
  clear_row(batch, row);
  slot.problems[row].clear();
  slot.pictures[row] = {};
  slot.orientations[row] = 1;
  slot.traits[row] = {};
  if (int(row) >= batch.images) return;
  try {
    const std::string& file = slot.files[row];
    const data::DecodeLimits limits;
    data::Picture picture;
    const std::vector<uint8_t> bytes = base::read_file(file, limits.max_file_bytes);
    slot.orientations[row] = data::decode_upright_into(bytes, file, limits, options_.exif, picture);
    slot.traits[row] = data::traits_of(bytes, picture);
    fill_row(batch, row, data::view_of(picture), options_.input, batch.start.image + int64_t(row));
    if (options_.keep_pictures) slot.pictures[row] = std::move(picture);
  } catch (const base::Error& error) {
    if (error.code() != base::ExitCode::data) throw;
    slot.problems[row] = error.what();
  }
}

}  // namespace run
