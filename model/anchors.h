// The anchors of a detector: kernels/anchors.h for its options.
#pragma once
#include "engine/backend.h"
#include "kernels/anchors.h"
#include "model/detector_options.h"

namespace model {

kernels::AnchorOptions anchor_options(const DetectorOptions&);

class Anchors {
 public:
  Anchors(engine::Backend&, const DetectorOptions&);
  engine::View boxes() const { return {memory_.data(), engine::DType::f32, {2, {count_, 4}}}; }
  int64_t count() const { return count_; }
  int64_t first_of_level(int level) const { return first_[size_t(level)]; }  // 0: the finest level

 private:
  int64_t count_;
  std::vector<int64_t> first_;
  engine::Memory memory_;
};

}  // namespace model
