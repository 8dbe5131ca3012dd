// Runs a trained detector: it finds boxes, with scores and classes, in batches of images.
#pragma once
#include <memory>
#include <vector>

#include "data/image/draw.h"
#include "engine/replay.h"
#include "kernels/nms.h"
#include "model/anchors.h"
#include "model/detector.h"
#include "tools/config/run_config.h"
#include "tools/run/device.h"
#include "tools/run/device_batch.h"

namespace run {

struct FoundBox {
  float ymin = 0, xmin = 0, ymax = 0, xmax = 0;  // as fractions of the image, within 0..1
  float score = 0;
  int column = 0;  // of the class, from 1

  // The box in pixels of an image of this size.
  data::Rectangle in_pixels(double width, double height) const {
    return data::in_pixels(ymin, xmin, ymax, xmax, width, height);
  }
};

class Inference {
 public:
  // Copies the weights, with the batch norms folded in. Batches have `batch_size` images and room
  // for `max_boxes` boxes. `columns` are those of the classes to find, or empty for all. If
  // `graph`, a GPU replays a batch as one recorded graph.
  Inference(Device&, const model::Detector&, int batch_size, int max_boxes,
            const kernels::NmsOptions&, const kernels::ChannelScaling&,
            const std::vector<int>& columns = {}, bool graph = true);
  void refresh();  // copies the weights again after they have changed

  // Returns the boxes of each row of the batch, in descending order of scores. Rows without an
  // image have none. Waits for the device, so the batch may be reused afterwards. Throws
  // Error(diverged) if the network's output is not finite.
  std::vector<std::vector<FoundBox>> run(const data::Batch&);
  int batch_size() const { return batch_.size(); }
  engine::Backend& backend() const { return device_.backend(); }
  const model::Detector& detector() const { return detector_; }

 private:
  void queue_detection();
  template <class T> const T* on_host(const kernels::View&) const;
  std::vector<FoundBox> found_in(size_t image) const;

  Device& device_;
  const model::Detector& detector_;
  kernels::NmsOptions nms_;
  kernels::ChannelScaling scaling_;
  std::unique_ptr<model::FoldedWeights> folded_;
  uint64_t weights_version_;  // for Context::weights_version
  model::Anchors anchors_;
  DeviceBatch batch_;
  std::unique_ptr<engine::Memory> wanted_;  // [classes] u8, or null for all classes
  engine::Memory found_here_, found_;       // detections on the device, and their copy for the host
  kernels::Detections detections_;          // views of found_here_
  engine::Replay detection_;
};

}  // namespace run
