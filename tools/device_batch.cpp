#include "tools/device_batch.h"

#include "engine/error.h"
#include "engine/ranges.h"

namespace tools {

using engine::DType, engine::Lane, engine::Memory, engine::Place, engine::View;

DeviceBatch::DeviceBatch(engine::Backend& backend, int images, int height, int width, int max_boxes)
    : backend_(backend),
      compute_(backend.queue(Lane::compute)),
      copies_(backend.queue(Lane::copy)),
      images_(images),
      height_(height),
      width_(width),
      max_boxes_(max_boxes) {
  const size_t n = size_t(images), boxes = n * size_t(max_boxes);
  pixels_ = take(n * size_t(kernels::slot_bytes(height, width)));
  staged_ = take(n * sizeof(kernels::StagedImage));
  boxes_ = take(boxes * 4 * sizeof(float));
  labels_ = take(boxes * sizeof(int32_t));
  weights_ = take(boxes * sizeof(float));
  here_ = std::make_unique<Memory>(backend, total_, Place::device);
  if (copies_.stream != compute_.stream)
    incoming_ = std::make_unique<Memory>(backend, total_, Place::device);
}

DeviceBatch::Part DeviceBatch::take(size_t bytes) {
  constexpr size_t kAlignment = 256;
  const Part part{total_, bytes};
  total_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return part;
}

size_t DeviceBatch::bytes() const { return total_ * (incoming_ ? 2 : 1); }

void DeviceBatch::upload(const data::Batch& batch) {
  engine::Range range("upload");
  SSD_CHECK(int(batch.staged.size()) == images_ && batch.max_boxes == max_boxes_,
            "the batch does not fit the device's buffers");
  char* to = static_cast<char*>((incoming_ ? incoming_ : here_)->data());
  auto send = [&](const Part& part, const void* from) {
    backend_.copy(to + part.offset, from, part.bytes, copies_);
  };
  send(pixels_, batch.pixels.data());
  send(staged_, batch.staged.data());
  send(boxes_, batch.boxes.data());
  send(labels_, batch.labels.data());
  send(weights_, batch.weights.data());
  if (!incoming_) return;
  // After this copy, and not after the step that follows it, the next transfer may begin.
  backend_.wait(compute_, copies_);
  backend_.copy(here_->data(), incoming_->data(), total_, compute_);
  backend_.wait(copies_, compute_);
}

void DeviceBatch::wait_for_upload() { backend_.synchronize(copies_); }

engine::Tensor DeviceBatch::images(const engine::Context& c, const kernels::ChannelScaling& scaling,
                                   DType dtype) const {
  engine::Tensor out = c.empty({4, {images_, height_, width_, 3}}, dtype);
  View pixels{at(pixels_), DType::u8, {1, {int64_t(pixels_.bytes)}}};
  kernels::normalise_images(c.queue, pixels, static_cast<const kernels::StagedImage*>(at(staged_)),
                            scaling, out);
  return out;
}

kernels::GroundTruth DeviceBatch::ground_truth() const {
  return {.boxes = {at(boxes_), DType::f32, {3, {images_, max_boxes_, 4}}},
          .labels = {at(labels_), DType::i32, {2, {images_, max_boxes_}}},
          .weights = {at(weights_), DType::f32, {2, {images_, max_boxes_}}}};
}

}  // namespace tools
