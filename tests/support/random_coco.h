// Random evaluation cases, drawn alike by tests/peers/make_coco_eval_golden.py.
#pragma once
#include <cstdint>
#include <vector>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace tests {

struct RandomCoco {
  data::Dataset truth;
  std::vector<data::Detection> detections;
  bool reference_area = false;
};

// Up to 8 images and 6 classes; crowds, twin objects, equal scores, areas on the borders of ranges,
// over 100 detections in an image, no objects, no detections, annotation id 0.
RandomCoco random_coco(uint64_t number);

}  // namespace tests
