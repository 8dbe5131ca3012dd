// Which boxes a user wants to see, in files or in memory.
#pragma once
#include <optional>

#include "engine/base/interval.h"
#include "kernels/nms.h"

namespace run {

struct DetectionRules {
  double score_threshold = 0.3;  // boxes with this score or less are left out
  std::optional<double> iou;     // most IoU of two boxes of a class that stay; none: the model's
  bool agnostic = false;         // whether `iou` is for boxes of different classes, too
  int most = 0;                  // boxes per image; 0: as the model was evaluated

  // The suppression of a model that is evaluated with `nms`.
  kernels::NmsOptions applied_to(kernels::NmsOptions nms) const;
};

namespace limits {
inline constexpr base::Interval detection_batch = base::between(1, 4096);  // images at a time
}  // namespace limits

}  // namespace run
