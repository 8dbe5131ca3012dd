// The anchors of a detector, made by kernels/anchors.h from the detector's options.
#pragma once
#include "engine/backend.h"
#include "kernels/anchors.h"
#include "model/detector_options.h"

namespace model {

// The options of kernels/anchors.h: one grid per level of the pyramid, the finest first.
kernels::AnchorOptions anchor_options(const DetectorOptions&);

// The anchors of all levels, in device memory.
class Anchors {
 public:
  // Allocates the memory and queues the kernels that compute the anchors.
  Anchors(engine::Backend&, const DetectorOptions&);
  // [count(), 4] f32: (ymin, xmin, ymax, xmax) as fractions of the image, level after level.
  engine::View boxes() const { return {memory_.data(), engine::DType::f32, {2, {count_, 4}}}; }
  int64_t count() const { return count_; }
  // The index of the first anchor of a level. Level 0 is the finest.
  int64_t first_of_level(int level) const { return first_[size_t(level)]; }

 private:
  int64_t count_;
  std::vector<int64_t> first_;
  engine::Memory memory_;
};

}  // namespace model
