#include "engine/ops/levels.h"

#include "engine/base/error.h"

namespace engine {

int64_t anchors_of(const Tensors& levels, int columns) {
  SSD_CHECK(!levels.empty(), "a loss of no feature map");
  int64_t anchors = 0;
  for (const Tensor& level : levels) {
    const Shape& shape = level.shape();
    SSD_CHECK(shape.rank >= 2 && shape[0] > 0 && shape[0] == levels[0].shape()[0] &&
                  shape.size() % (shape[0] * columns) == 0,
              "a feature map's predictions do not divide into images and anchors");
    SSD_CHECK(level.dtype() == levels[0].dtype(), "predictions of several dtypes");
    anchors += shape.size() / (shape[0] * columns);
  }
  return anchors;
}

std::vector<kernels::View> views_of(const Tensors& tensors) {
  return {tensors.begin(), tensors.end()};
}

Tensors like(const Context& c, const Tensors& tensors) {
  Tensors made;
  for (const Tensor& t : tensors) made.push_back(c.empty(t.shape(), t.dtype()));
  return made;
}

}  // namespace engine
