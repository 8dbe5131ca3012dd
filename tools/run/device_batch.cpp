#include "tools/run/device_batch.h"

#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "kernels/elementwise.h"

namespace run {

using data::CacheUse;
using engine::DType, engine::Lane, engine::Memory, engine::MemoryKind, engine::View;

namespace {

struct Span {  // of bytes
  int64_t begin = 0, end = 0;
};

// The pixels of a row that have to be sent to the device.
Span used_pixels(const data::Batch& batch, size_t row, int64_t slot_bytes, int out_height) {
  const kernels::StagedImage& image = batch.staged[row];
  if (image.cached) return {};
  const bool keep = !batch.cache_use.empty() && batch.cache_use[row].kind == CacheUse::Kind::keep;
  if (keep)
    return {int64_t(row) * slot_bytes, int64_t(row) * slot_bytes + batch.cache_use[row].bytes};
  const int64_t rows = image.gathered_rows ? 2 * out_height : image.picture_height;
  return {image.offset, image.offset + rows * image.row_bytes};
}

// The used pixels of all rows. Two spans are joined if the gap between them takes less time than
// another transfer would. That is about 3 us, on a bus that moves 25 GB/s (computed, not measured).
std::vector<Span> used_pixels(const data::Batch& batch, int64_t slot_bytes, int out_height) {
  constexpr int64_t kWorthATransfer = 64 << 10;
  std::vector<Span> spans;
  for (size_t row = 0; row < batch.staged.size(); ++row) {
    const Span used = used_pixels(batch, row, slot_bytes, out_height);
    if (used.begin == used.end) continue;
    const bool joined = !spans.empty() && used.begin >= spans.back().end &&
                        used.begin - spans.back().end < kWorthATransfer;
    if (joined)
      spans.back().end = used.end;
    else
      spans.push_back(used);
  }
  return spans;
}

}  // namespace

DeviceBatch::DeviceBatch(engine::Backend& backend, int images, int height, int width, int max_boxes,
                         View image_cache)
    : backend_(backend),
      compute_(backend.queue(Lane::compute)),
      copies_(backend.queue(Lane::copy)),
      images_(images),
      height_(height),
      width_(width),
      max_boxes_(max_boxes),
      slot_bytes_(kernels::slot_bytes(height, width)),
      image_cache_(image_cache) {
  const size_t n = size_t(images), boxes = n * size_t(max_boxes);
  staged_ = take(n * sizeof(kernels::StagedImage));
  boxes_ = take(boxes * 4 * sizeof(float));
  labels_ = take(boxes * sizeof(int32_t));
  weights_ = take(boxes * sizeof(float));
  const bool overlap = copies_.stream != compute_.stream;
  here_ = std::make_unique<Memory>(backend, total_, MemoryKind::device);
  if (overlap) incoming_ = std::make_unique<Memory>(backend, total_, MemoryKind::device);
  pixels_ = std::make_unique<Memory>(backend, n * size_t(slot_bytes_) * (overlap ? 2 : 1),
                                     MemoryKind::device);
  // The gaps between parts are copied, too, so they must be initialised.
  for (const auto* block : {&here_, &incoming_})
    if (*block)
      kernels::fill(compute_, {(*block)->data(), DType::f32, {1, {int64_t(total_ / 4)}}}, 0);
  if (overlap) backend.wait(copies_, compute_);
}

DeviceBatch::Part DeviceBatch::take(size_t bytes) {
  const Part part{total_, bytes};
  total_ += engine::aligned(bytes);
  return part;
}

size_t DeviceBatch::bytes() const { return pixels_->bytes() + total_ * (incoming_ ? 2 : 1); }

void DeviceBatch::check(const data::Batch& batch) const {
  SSD_CHECK(int(batch.staged.size()) == images_ && batch.max_boxes == max_boxes_,
            "the batch does not fit the device's buffers");
  SSD_CHECK(batch.cache_use.empty() || batch.cache_use.size() == batch.staged.size(),
            batch.cache_use.size(), " uses of the image cache");
  const int64_t cache = image_cache_ ? image_cache_.shape[0] : 0;
  for (size_t row = 0; row < batch.staged.size(); ++row) {
    const CacheUse use = batch.cache_use.empty() ? CacheUse{} : batch.cache_use[row];
    SSD_CHECK(use.offset >= 0 && use.bytes >= 0 && use.bytes <= slot_bytes_ &&
                  use.offset <= cache - use.bytes,
              "an image outside the cache");
    const kernels::StagedImage& image = batch.staged[row];
    if (!image.cached) continue;
    const int64_t rows = (image.picture_height - 1) * int64_t(image.row_bytes);
    SSD_CHECK(use.kind == CacheUse::Kind::read && image.offset >= use.offset &&
                  image.offset + rows + 3 * image.picture_width < use.offset + use.bytes,
              "pixels outside their image's place in the cache");
  }
}

void DeviceBatch::send_pixels(const data::Batch& batch, uint8_t* to) {
  const int64_t end = std::min(int64_t(batch.pixels.size()), images_ * slot_bytes_);
  for (const Span& used : used_pixels(batch, slot_bytes_, height_)) {
    SSD_CHECK(used.begin >= 0 && used.begin <= used.end && used.end <= end,
              "pixels outside the batch");
    backend_.copy(to + used.begin, batch.pixels.data() + used.begin, size_t(used.end - used.begin),
                  copies_);
  }
}

void DeviceBatch::keep_pictures(const data::Batch& batch, const uint8_t* pixels) {
  for (size_t row = 0; row < batch.cache_use.size(); ++row) {
    const CacheUse& use = batch.cache_use[row];
    if (use.kind == CacheUse::Kind::keep)
      backend_.copy(image_cache_.as<uint8_t>() + use.offset, pixels + int64_t(row) * slot_bytes_,
                    size_t(use.bytes), compute_);
  }
}

void DeviceBatch::upload(const data::Batch& batch) {
  base::Range range("upload");
  check(batch);
  second_turn_ = incoming_ && !second_turn_;
  const int64_t first = second_turn_ ? images_ * slot_bytes_ : 0;
  uint8_t* pixels = static_cast<uint8_t*>(pixels_->data()) + first;
  send_pixels(batch, pixels);
  described_ = batch.staged;
  for (kernels::StagedImage& image : described_)
    if (!image.cached) image.offset += first;

  char* to = static_cast<char*>((incoming_ ? incoming_ : here_)->data());
  auto send = [&](const Part& part, const void* from) {
    backend_.copy(to + part.offset, from, part.bytes, copies_);
  };
  send(staged_, described_.data());
  send(boxes_, batch.boxes.data());
  send(labels_, batch.labels.data());
  send(weights_, batch.weights.data());
  if (incoming_) {
    backend_.wait(compute_, copies_);
    backend_.copy(here_->data(), incoming_->data(), total_, compute_);
    // The next upload has to wait for this copy, and so for the step before, which reads the slots
    // that will be filled. It need not wait for the step that follows.
    backend_.wait(copies_, compute_);
  }
  keep_pictures(batch, pixels);
}

void DeviceBatch::wait_for_upload() { backend_.synchronize(copies_); }

engine::Tensor DeviceBatch::images(const engine::Context& c, const kernels::ChannelScaling& scaling,
                                   DType dtype) const {
  engine::Tensor out = c.empty({4, {images_, height_, width_, 3}}, dtype);
  View pixels{pixels_->data(), DType::u8, {1, {int64_t(pixels_->bytes())}}};
  kernels::normalise_images(c.queue, pixels, image_cache_,
                            static_cast<const kernels::StagedImage*>(at(staged_)), scaling, out);
  return out;
}

kernels::GroundTruth DeviceBatch::ground_truth() const {
  return {.boxes = {at(boxes_), DType::f32, {3, {images_, max_boxes_, 4}}},
          .labels = {at(labels_), DType::i32, {2, {images_, max_boxes_}}},
          .weights = {at(weights_), DType::f32, {2, {images_, max_boxes_}}}};
}

}  // namespace run
