// A batch on the device, at addresses that never change, and the network's input made from it.
#pragma once
#include "data/batch.h"
#include "engine/backend.h"
#include "engine/context.h"
#include "kernels/image.h"
#include "kernels/match_anchors.h"

namespace tools {

class DeviceBatch {
 public:
  DeviceBatch(engine::Backend&, int images, int height, int width, int max_boxes);

  void upload(const data::Batch&, kernels::Queue);
  // [images, height, width, 3], normalised.
  engine::Tensor images(const engine::Context&, const kernels::ChannelScaling&,
                        engine::DType) const;
  kernels::GroundTruth ground_truth() const;
  int size() const { return images_; }

 private:
  engine::Backend& backend_;
  int images_, height_, width_, max_boxes_;
  engine::Memory pixels_, staged_, boxes_, labels_, weights_;
};

}  // namespace tools
