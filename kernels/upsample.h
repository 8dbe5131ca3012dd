// Adds a coarse NHWC activation, each pixel repeated, to a fine one: nearest-neighbour upsampling.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// y[.., r, c, ..] = fine[.., r, c, ..] + coarse[.., r / h, c / w, ..]; y and fine have one shape, h
// and w times that of coarse.
void upsample_add(Queue, View coarse, View fine, View y);
void upsample_backward(Queue, View dy, View dcoarse);  // dcoarse = sums of h x w blocks of dy

}  // namespace kernels
