#include "tests/support/box_sets.h"

#include "engine/base/random.h"

namespace tests {

using data::Dataset, data::Object;

Dataset with_boxes(const std::vector<Object>& boxes, int width, int height) {
  Dataset set;
  set.images.push_back(
      {.width = width, .height = height, .object_count = static_cast<uint32_t>(boxes.size())});
  set.objects = boxes;
  return set;
}

Object box(double x, double y, double width, double height) {
  return {.x = x, .y = y, .width = width, .height = height};
}

Dataset large_objects() {
  Dataset set;
  base::RandomSequence random(3, 0);
  const auto margin = [&] { return 0.1 * double(random.below(100)); };
  for (uint32_t i = 0; i < 100; ++i) {
    set.images.push_back(
        {.id = i + 1, .width = 160, .height = 160, .first_object = i, .object_count = 1});
    const double x = margin(), y = margin();
    set.objects.push_back(box(x, y, 160 - margin() - x, 160 - margin() - y));
  }
  return set;
}

Dataset as_corners(Dataset set) {
  for (Object& o : set.objects) o.width += o.x, o.height += o.y;
  return set;
}

}  // namespace tests
