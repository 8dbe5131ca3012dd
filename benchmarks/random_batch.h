// A batch of random pictures and boxes, as the loader would hand it over.
#pragma once
#include <algorithm>
#include <random>

#include "data/loading/batch.h"
#include "engine/backend.h"
#include "model/detector_options.h"

namespace benchmarks {

// Pictures of the network's size in pinned memory; 1 to 20 objects, if so many have room, of any
// class in each.
class RandomBatch {
 public:
  RandomBatch(engine::Backend& backend, int images, int max_boxes, const model::DetectorOptions& o)
      : pixels_(backend, size_t(images) * size_t(kernels::slot_bytes(o.height, o.width)),
                engine::MemoryKind::pinned) {
    batch_.images = images;
    batch_.max_boxes = max_boxes;
    batch_.pixels = {static_cast<uint8_t*>(pixels_.data()), pixels_.bytes()};
    for (uint8_t& byte : batch_.pixels) byte = uint8_t(random_());
    const size_t rows = size_t(images) * size_t(max_boxes);
    batch_.boxes.resize(4 * rows);
    batch_.labels.resize(rows);
    batch_.weights.resize(rows);
    for (int i = 0; i < images; ++i) add_image(i, o);
  }
  const data::Batch& get() const { return batch_; }

 private:
  void add_image(int i, const model::DetectorOptions& o) {
    batch_.staged.push_back({.offset = i * kernels::slot_bytes(o.height, o.width),
                             .height = o.height,
                             .width = o.width,
                             .picture_height = o.height,
                             .picture_width = o.width,
                             .row_bytes = 3 * o.width});
    batch_.image_index.push_back(i);
    batch_.heights.push_back(o.height);
    batch_.widths.push_back(o.width);
    const int count =
        std::uniform_int_distribution<int>(1, std::min(20, batch_.max_boxes))(random_);
    batch_.counts.push_back(count);
    for (int k = 0; k < count; ++k) add_box(size_t(i) * size_t(batch_.max_boxes) + size_t(k), o);
  }

  void add_box(size_t row, const model::DetectorOptions& o) {
    std::uniform_real_distribution<float> side(0.05f, 0.6f), part(0, 1);
    const float height = side(random_), width = side(random_);
    const float y = part(random_) * (1 - height), x = part(random_) * (1 - width);
    const float corners[] = {y, x, y + height, x + width};
    std::copy(corners, corners + 4, &batch_.boxes[4 * row]);
    batch_.labels[row] = std::uniform_int_distribution<int>(1, o.classes)(random_);
    batch_.weights[row] = 1;
  }

  std::mt19937 random_{1};
  engine::Memory pixels_;
  data::Batch batch_;
};

}  // namespace benchmarks
