// Adds an NHWC activation of half the height and width to another, each pixel repeated 2 x 2.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// y[.., r, c, ..] = fine[.., r, c, ..] + coarse[.., r / 2, c / 2, ..]; y and fine have one shape.
void upsample_add(Queue, View coarse, View fine, View y);
void upsample_backward(Queue, View dy, View dcoarse);  // dcoarse = sums of 2 x 2 blocks of dy

}  // namespace kernels
