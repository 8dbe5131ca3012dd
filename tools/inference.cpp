#include "tools/inference.h"

#include "engine/error.h"

namespace tools {

using engine::DType, engine::Place, engine::Tensor, engine::View;

namespace {

template <class T>
std::vector<T> to_host(engine::Backend& backend, const View& view, kernels::Queue queue) {
  std::vector<T> values(size_t(view.shape.size()));
  backend.copy(values.data(), view.data, values.size() * sizeof(T), queue);
  return values;
}

}  // namespace

kernels::NmsOptions nms_options(const EvalConfig& e) {
  return {.score_threshold = float(e.score_threshold),
          .iou_threshold = float(e.iou_threshold),
          .max_per_class = e.max_per_class,
          .max_total = e.max_total};
}

Inference::Inference(Device& device, const model::Detector& detector, int batch_size, int max_boxes,
                     const kernels::NmsOptions& nms, const kernels::ChannelScaling& scaling)
    : device_(device),
      detector_(detector),
      nms_(nms),
      scaling_(scaling),
      folded_(detector.fold(device.backend())),
      weights_version_(device.new_weights_version()),
      anchors_(device.backend(), detector.options()),
      batch_(device.backend(), batch_size, detector.options().height, detector.options().width,
             max_boxes),
      boxes_(device.backend(), size_t(batch_size) * size_t(nms.max_total) * 4 * sizeof(float),
             Place::device),
      scores_(device.backend(), size_t(batch_size) * size_t(nms.max_total) * sizeof(float),
              Place::device),
      classes_(device.backend(), size_t(batch_size) * size_t(nms.max_total) * sizeof(int32_t),
               Place::device),
      anchor_of_(device.backend(), size_t(batch_size) * size_t(nms.max_total) * sizeof(int32_t),
                 Place::device),
      counts_(device.backend(), size_t(batch_size) * sizeof(int32_t), Place::device),
      status_(device.backend(), size_t(batch_size) * sizeof(int32_t), Place::device) {
  const int64_t n = batch_size, rows = nms.max_total;
  found_ = {.boxes = {boxes_.data(), DType::f32, {3, {n, rows, 4}}},
            .scores = {scores_.data(), DType::f32, {2, {n, rows}}},
            .classes = {classes_.data(), DType::i32, {2, {n, rows}}},
            .anchors = {anchor_of_.data(), DType::i32, {2, {n, rows}}},
            .counts = {counts_.data(), DType::i32, {1, {n}}},
            .status = {status_.data(), DType::i32, {1, {n}}}};
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
  for (size_t level = 0; level < out.box_codes.size(); ++level)
    predictions.levels.push_back({out.class_logits[level], out.box_codes[level]});
  Tensor workspace = c.empty({1, {kernels::nms_workspace(predictions, nms_)}}, DType::u8);
  kernels::detect(c.queue, predictions, nms_, workspace, found_);
}

std::vector<std::vector<FoundBox>> Inference::run(const data::Batch& batch) {
  engine::Backend& backend = device_.backend();
  kernels::Queue queue = device_.queue();
  batch_.upload(batch, queue);
  queue_detection();
  const auto boxes = to_host<float>(backend, found_.boxes, queue),
             scores = to_host<float>(backend, found_.scores, queue);
  const auto classes = to_host<int32_t>(backend, found_.classes, queue);
  const auto counts = to_host<int32_t>(backend, found_.counts, queue),
             status = to_host<int32_t>(backend, found_.status, queue);
  backend.synchronize(queue);

  std::vector<std::vector<FoundBox>> found(counts.size());
  for (size_t image = 0; image < counts.size(); ++image) {
    if (batch.image_index[image] < 0) continue;
    if (status[image] != 0)
      engine::fail(engine::ExitCode::diverged,
                   "the network's output for an image is not finite: the weights are damaged");
    for (size_t k = 0; k < size_t(counts[image]); ++k) {
      const size_t row = image * size_t(nms_.max_total) + k;
      const float* b = &boxes[4 * row];
      found[image].push_back({b[0], b[1], b[2], b[3], scores[row], classes[row] + 1});
    }
  }
  return found;
}

}  // namespace tools
