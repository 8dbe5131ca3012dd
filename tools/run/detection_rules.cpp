#include "tools/run/detection_rules.h"

#include <algorithm>

namespace run {

kernels::NmsOptions DetectionRules::applied_to(kernels::NmsOptions nms) const {
  nms.score_threshold = score_threshold;
  nms.agnostic = agnostic;
  if (iou) nms.iou_threshold = *iou;
  if (most == 0) return nms;
  nms.max_total = most;
  nms.max_per_class = std::max(nms.max_per_class, most);
  return nms;
}

}  // namespace run
