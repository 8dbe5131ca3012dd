// Adds one value per channel (the last dimension). b and db: [channels] in the accumulator of x's
// dtype.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

void bias(Queue, View x, View b, View y);  // y = x + b; y may be x
int64_t bias_scratch(const Shape& dy);     // elements of db's dtype that the next needs
void bias_backward(Queue, View dy, View db, View scratch);  // db = column sums of dy

}  // namespace kernels
