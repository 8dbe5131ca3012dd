// A batch on the device, at addresses that never change, and the network's input made from it.
#pragma once
#include <memory>

#include "data/batch.h"
#include "engine/backend.h"
#include "engine/context.h"
#include "kernels/image.h"
#include "kernels/match_anchors.h"

namespace tools {

class DeviceBatch {
 public:
  DeviceBatch(engine::Backend&, int images, int height, int width, int max_boxes);

  // Queues the transfer: work that is queued on the compute queue afterwards sees the batch. Where
  // the device has a queue for copies, the transfer passes by earlier work that still runs.
  void upload(const data::Batch&);
  void wait_for_upload();  // the batch given to upload() is no longer read

  // [images, height, width, 3], normalised.
  engine::Tensor images(const engine::Context&, const kernels::ChannelScaling&,
                        engine::DType) const;
  kernels::GroundTruth ground_truth() const;
  int size() const { return images_; }
  size_t bytes() const;  // of device memory

 private:
  // Where a part of the batch lies in a block of memory.
  struct Part {
    size_t offset = 0, bytes = 0;
  };
  Part take(size_t bytes);
  void* at(const Part& part) const { return static_cast<char*>(here_->data()) + part.offset; }

  engine::Backend& backend_;
  kernels::Queue compute_, copies_;
  int images_, height_, width_, max_boxes_;
  size_t total_ = 0;
  Part pixels_, staged_, boxes_, labels_, weights_;
  std::unique_ptr<engine::Memory> here_;      // what the step reads
  std::unique_ptr<engine::Memory> incoming_;  // the next batch; null where copies do not overlap
};

}  // namespace tools
