// Computes the means over the curves of an evaluation.
#pragma once
#include <cstddef>

#include "data/metrics/coco_eval.h"

namespace data {

// Sets evaluation.stats from its precision and recall.
void summarise(Evaluation& evaluation);
// Sets ap, ap50, ap75 and ar of one category.
void summarise_category(Evaluation& evaluation, size_t category);

}  // namespace data
