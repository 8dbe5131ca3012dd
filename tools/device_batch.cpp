#include "tools/device_batch.h"

#include "engine/error.h"

namespace tools {

using engine::DType, engine::Place, engine::View;

DeviceBatch::DeviceBatch(engine::Backend& backend, int images, int height, int width, int max_boxes)
    : backend_(backend),
      images_(images),
      height_(height),
      width_(width),
      max_boxes_(max_boxes),
      pixels_(backend, size_t(images) * size_t(kernels::slot_bytes(height, width)), Place::device),
      staged_(backend, size_t(images) * sizeof(kernels::StagedImage), Place::device),
      boxes_(backend, size_t(images) * size_t(max_boxes) * 4 * sizeof(float), Place::device),
      labels_(backend, size_t(images) * size_t(max_boxes) * sizeof(int32_t), Place::device),
      weights_(backend, size_t(images) * size_t(max_boxes) * sizeof(float), Place::device) {}

void DeviceBatch::upload(const data::Batch& batch, kernels::Queue queue) {
  SSD_CHECK(int(batch.staged.size()) == images_ && batch.max_boxes == max_boxes_,
            "the batch does not fit the device's buffers");
  backend_.copy(pixels_.data(), batch.pixels.data(), pixels_.bytes(), queue);
  backend_.copy(staged_.data(), batch.staged.data(), staged_.bytes(), queue);
  backend_.copy(boxes_.data(), batch.boxes.data(), boxes_.bytes(), queue);
  backend_.copy(labels_.data(), batch.labels.data(), labels_.bytes(), queue);
  backend_.copy(weights_.data(), batch.weights.data(), weights_.bytes(), queue);
}

engine::Tensor DeviceBatch::images(const engine::Context& c, const kernels::ChannelScaling& scaling,
                                   DType dtype) const {
  engine::Tensor out = c.empty({4, {images_, height_, width_, 3}}, dtype);
  View pixels{pixels_.data(), DType::u8, {1, {int64_t(pixels_.bytes())}}};
  kernels::normalise_images(c.queue, pixels,
                            static_cast<const kernels::StagedImage*>(staged_.data()), scaling, out);
  return out;
}

kernels::GroundTruth DeviceBatch::ground_truth() const {
  return {.boxes = {boxes_.data(), DType::f32, {3, {images_, max_boxes_, 4}}},
          .labels = {labels_.data(), DType::i32, {2, {images_, max_boxes_}}},
          .weights = {weights_.data(), DType::f32, {2, {images_, max_boxes_}}}};
}

}  // namespace tools
