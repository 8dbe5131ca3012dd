// Every second row and column of an NHWC activation, from the first, and the gradient.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

void subsample(Queue, View x, View y);  // y: [images, (height + 1) / 2, (width + 1) / 2, channels]
void subsample_backward(Queue, View dy, View dx);  // zero where nothing was taken

}  // namespace kernels
