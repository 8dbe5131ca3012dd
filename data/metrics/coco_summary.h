// Means over the curves of an evaluation.
#pragma once
#include <cstddef>

#include "data/metrics/coco_eval.h"

namespace data {

void summarise(Evaluation& evaluation);                            // sets stats
void summarise_category(Evaluation& evaluation, size_t category);  // sets ap, ap50, ap75, ar

}  // namespace data
