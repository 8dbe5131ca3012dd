// A batch in device memory, at addresses that never change, and the network's input from it.
#pragma once
#include <memory>

#include "data/loading/batch.h"
#include "engine/backend.h"
#include "engine/context.h"
#include "kernels/image.h"
#include "kernels/match_anchors.h"

namespace run {

class DeviceBatch {
 public:
  // `image_cache` is device memory for whole pictures, or empty. Its size is what the loader got as
  // LoaderOptions::device_cache_bytes.
  DeviceBatch(engine::Backend&, int images, int height, int width, int max_boxes,
              engine::View image_cache = {});

  // Queues the transfer, and fills the image cache as the batch says. Work that is queued on the
  // compute queue afterwards sees the batch. If the device has a queue for copies, the transfer
  // overlaps with earlier work that still runs.
  void upload(const data::Batch&);
  // Waits until the batch given to upload() is no longer read.
  void wait_for_upload();

  // Queues the kernel that makes the network's input, [images, height, width, 3] of that dtype.
  engine::Tensor images(const engine::Context&, const kernels::ChannelScaling&,
                        engine::DType) const;
  kernels::GroundTruth ground_truth() const;
  int size() const { return images_; }
  size_t bytes() const;  // of device memory

 private:
  // Where a part of the batch lies in a block of memory. Pixels lie elsewhere.
  struct Part {
    size_t offset = 0, bytes = 0;
  };
  Part take(size_t bytes);
  void* at(const Part& part) const { return static_cast<char*>(here_->data()) + part.offset; }
  void check(const data::Batch&) const;
  void send_pixels(const data::Batch&, uint8_t* to);
  void keep_pictures(const data::Batch&, const uint8_t* pixels);

  engine::Backend& backend_;
  kernels::Queue compute_, copies_;
  int images_, height_, width_, max_boxes_;
  int64_t slot_bytes_;
  engine::View image_cache_;
  size_t total_ = 0;
  Part staged_, boxes_, labels_, weights_;
  std::unique_ptr<engine::Memory> here_;      // what the step reads
  std::unique_ptr<engine::Memory> incoming_;  // the next batch; null if copies do not overlap
  // The slots of one batch or, if copies overlap, of two, which batches use in turn. The
  // descriptions tell the step where its pixels are.
  std::unique_ptr<engine::Memory> pixels_;
  bool second_turn_ = false;
  std::vector<kernels::StagedImage> described_;  // the descriptions that are sent
};

}  // namespace run
