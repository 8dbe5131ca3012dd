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
  for (ImageBatch& images : batches_) {
    images.pixels.resize(rows * slot_bytes);
    images.files.resize(rows), images.orientations.resize(rows);
    images.traits.resize(rows), images.pictures.resize(rows), images.problems.resize(rows);
    const data::SampleOptions sample{.input = options.input, .max_boxes = options.max_boxes};
    data::prepare(images.batch, options.batch_size, sample, images.pixels);
  }
  start_reading();
}

void ImageBatches::start_reading() {
  ImageBatch& images = batches_[given_ % 2];
  reading_ = std::async(std::launch::async, [this, &images] { read(images); });
}

ImageBatch* ImageBatches::next() {
  if (!reading_.valid()) return nullptr;
  reading_.get();
  ImageBatch& images = batches_[given_++ % 2];
  if (images.batch.images == 0) return nullptr;
  start_reading();
  return &images;
}

void ImageBatches::read(ImageBatch& images) {
  const std::vector<std::string> files = source_(size_t(options_.batch_size));
  images.batch.start = {.epoch = 0, .image = int64_t(read_)};
  images.batch.images = int(files.size());
  std::copy(files.begin(), files.end(), images.files.begin());
  base::for_each_parallel(size_t(options_.batch_size), options_.threads,
                          [&](size_t row) { read_row(images, row); });
  read_ += files.size();
}

void ImageBatches::read_row(ImageBatch& images, size_t row) const {
  data::Batch& batch = images.batch;
  clear_row(batch, row);
  images.problems[row].clear();
  images.pictures[row] = {};
  images.orientations[row] = 1;
  images.traits[row] = {};
  if (int(row) >= batch.images) return;
  try {
    const std::string& file = images.files[row];
    const data::DecodeLimits limits;
    data::Picture picture;
    const std::vector<uint8_t> bytes = base::read_file(file, limits.max_file_bytes);
    images.orientations[row] =
        data::decode_upright_into(bytes, file, limits, options_.exif, picture);
    images.traits[row] = data::traits_of(bytes, picture);
    fill_row(batch, row, data::view_of(picture), options_.input, batch.start.image + int64_t(row));
    if (options_.keep_pictures) images.pictures[row] = std::move(picture);
  } catch (const base::Error& error) {
    if (error.code() != base::ExitCode::data) throw;
    images.problems[row] = error.what();
  }
}

}  // namespace run
