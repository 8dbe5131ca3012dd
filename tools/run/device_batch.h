// A batch on the device, at addresses that never change, and the network's input made from it.
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
  // `image_cache`: device memory for whole pictures, as data::LoaderOptions::device_cache_bytes
  // describes to the loader; may be empty.
  DeviceBatch(engine::Backend&, int images, int height, int width, int max_boxes,
              engine::View image_cache = {});

  // Queues the transfer. Work that is queued on the compute queue afterwards sees the batch. If the
  // device has a queue for copies, the transfer overlaps with earlier work that still runs. Fills
  // the image cache as the batch says.
  void upload(const data::Batch&);
  void wait_for_upload();  // the batch given to upload() is no longer read

  // [images, height, width, 3], normalised.
  engine::Tensor images(const engine::Context&, const kernels::ChannelScaling&,
                        engine::DType) const;
  kernels::GroundTruth ground_truth() const;
  int size() const { return images_; }
  size_t bytes() const;  // of device memory

 private:
  // Where a part of the batch, all but the pixels, lies in a block of memory.
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
  std::unique_ptr<engine::Memory> incoming_;  // the next batch; null where copies do not overlap
  // The slots of this batch and, where copies overlap, of the next one. They take turns; the
  // descriptions tell the step where its pixels are.
  std::unique_ptr<engine::Memory> pixels_;
  bool second_turn_ = false;
  std::vector<kernels::StagedImage> described_;  // as they are sent
};

}  // namespace run
