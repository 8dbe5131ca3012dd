#include "tools/run/inference.h"

#include "engine/base/error.h"
#include "engine/base/ranges.h"

namespace run {

using engine::DType, engine::MemoryKind, engine::Tensor, engine::View;

namespace {

// Lays views out one after another in memory. With a null `base` it only counts the bytes.
struct Layout {
  char* base;
  size_t bytes = 0;

  View take(DType dtype, kernels::Shape shape) {
    View view{base + bytes, dtype, shape};
    bytes += engine::aligned(engine::bytes_of(view));
    return view;
  }
};

kernels::Detections lay_out(Layout& layout, int64_t images, int64_t rows) {
  return {.boxes = layout.take(DType::f32, {3, {images, rows, 4}}),
          .scores = layout.take(DType::f32, {2, {images, rows}}),
          .classes = layout.take(DType::i32, {2, {images, rows}}),
          .anchors = layout.take(DType::i32, {2, {images, rows}}),
          .counts = layout.take(DType::i32, {1, {images}}),
          .status = layout.take(DType::i32, {1, {images}})};
}

// A byte per class on the device: whether `columns` has it.
std::unique_ptr<engine::Memory> wanted_classes(Device& device, int classes,
                                               const std::vector<int>& columns) {
  if (columns.empty()) return nullptr;
  std::vector<uint8_t> wanted(size_t(classes), 0);
  for (int column : columns) wanted.at(size_t(column) - 1) = 1;
  engine::Backend& backend = device.backend();
  auto memory = std::make_unique<engine::Memory>(backend, wanted.size(), MemoryKind::device);
  backend.copy(memory->data(), wanted.data(), wanted.size(), device.queue());
  backend.synchronize(device.queue());
  return memory;
}

size_t found_bytes(int images, int rows) {
  Layout layout{nullptr};
  lay_out(layout, images, rows);
  return layout.bytes;
}

}  // namespace

Inference::Inference(Device& device, const model::Detector& detector, int batch_size, int max_boxes,
                     const kernels::NmsOptions& nms, const kernels::ChannelScaling& scaling,
                     const std::vector<int>& columns, bool graph)
    : device_(device),
      detector_(detector),
      nms_(nms),
      scaling_(scaling),
      folded_(detector.fold(device.backend())),
      weights_version_(device.new_weights_version()),
      anchors_(device.backend(), detector.options()),
      batch_(device.backend(), batch_size, detector.options().height, detector.options().width,
             max_boxes),
      wanted_(wanted_classes(device, detector.options().classes, columns)),
      found_here_(device.backend(), found_bytes(batch_size, nms.max_total), MemoryKind::device),
      found_(device.backend(), found_here_.bytes(), MemoryKind::pinned),
      detection_(
          device.backend(), device.arena(), [this] { queue_detection(); }, graph) {
  Layout layout{static_cast<char*>(found_here_.data())};
  detections_ = lay_out(layout, batch_size, nms.max_total);
}

void Inference::refresh() {
  detector_.fold_again(device_.queue(), *folded_);
  weights_version_ = device_.new_weights_version();
}

void Inference::queue_detection() {
  const engine::Precision& precision = detector_.parameters().precision();
  engine::Context c = device_.context(precision, nullptr, false);
  c.weights_version = weights_version_;
  Tensor images = batch_.images(c, scaling_, precision.activations);
  model::Predictions out = detector_.forward(c, images, folded_.get());
  images = {};
  kernels::Predictions predictions{.levels = {},
                                   .anchors = anchors_.boxes(),
                                   .columns = detector_.options().columns(),
                                   .scales = {}};
  if (wanted_) predictions.wanted = {wanted_->data(), DType::u8, {1, {int64_t(wanted_->bytes())}}};
  for (size_t level = 0; level < out.box_codes.size(); ++level)
    predictions.levels.push_back({out.class_logits[level], out.box_codes[level]});
  Tensor workspace = c.empty({1, {kernels::nms_workspace(predictions, nms_)}}, DType::u8);
  base::Range range("suppression");
  kernels::detect(c.queue, predictions, nms_, workspace, detections_);
}

template <class T> const T* Inference::on_host(const View& view) const {
  const auto offset = static_cast<char*>(view.data) - static_cast<char*>(found_here_.data());
  return reinterpret_cast<const T*>(static_cast<char*>(found_.data()) + offset);
}

std::vector<FoundBox> Inference::found_in(size_t image) const {
  const int32_t count = on_host<int32_t>(detections_.counts)[image];
  std::vector<FoundBox> found;
  for (int32_t k = 0; k < count; ++k) {
    const size_t row = image * size_t(nms_.max_total) + size_t(k);
    const float* b = on_host<float>(detections_.boxes) + 4 * row;
    found.push_back({b[0], b[1], b[2], b[3], on_host<float>(detections_.scores)[row],
                     on_host<int32_t>(detections_.classes)[row] + 1});
  }
  return found;
}

std::vector<std::vector<FoundBox>> Inference::run(const data::Batch& batch) {
  engine::Backend& backend = device_.backend();
  batch_.upload(batch);
  detection_.run();
  backend.copy(found_.data(), found_here_.data(), found_.bytes(), device_.queue());
  backend.synchronize(device_.queue());

  std::vector<std::vector<FoundBox>> found(batch.image_index.size());
  for (size_t image = 0; image < found.size(); ++image) {
    if (batch.image_index[image] < 0) continue;
    if (on_host<int32_t>(detections_.status)[image] != 0)
      base::fail(base::ExitCode::diverged,
                 "the network's output for an image is not finite: the weights are damaged");
    found[image] = found_in(image);
  }
  return found;
}

}  // namespace run
