// What the losses need of the predictions of several feature maps.
#pragma once
#include "engine/context.h"

namespace engine {

// The anchors of an image in all feature maps together, each with `columns` values. Feature maps
// that differ in images or dtype, or do not divide into anchors, are an error of the program.
int64_t anchors_of(const Tensors& levels, int columns);

std::vector<kernels::View> views_of(const Tensors&);

// New tensors of the same shapes and dtypes.
Tensors like(const Context&, const Tensors&);

}  // namespace engine
