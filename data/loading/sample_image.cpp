#include "data/loading/sample_image.h"

#include <algorithm>
#include <cmath>

#include "data/image/draw.h"

namespace data {

Picture to_picture(const InputImage& input) {
  size_t size = size_t(input.height) * size_t(input.width) * 3;
  Picture image{input.width, input.height, std::vector<uint8_t>(size)};
  for (size_t i = 0; i < size; ++i) {
    size_t c = i % 3;
    float value = input.values[i] * input.scaling.deviation[c] + input.scaling.mean[c];
    image.rgb[i] =
        uint8_t(std::lround(value > 0 ? std::min(value, 255.0f) : 0.0f));  // NaN becomes 0
  }
  return image;
}

Picture sample_picture(const InputImage& input, const Batch& batch, int row,
                       const std::vector<std::string>& class_names, const ClassColours& colours) {
  std::vector<DrawnBox> boxes;
  for (int i = 0; i < batch.counts[size_t(row)]; ++i) {
    size_t at = size_t(row) * size_t(batch.max_boxes) + size_t(i);
    const float* box = &batch.boxes[4 * at];
    const Rectangle area = in_pixels(box[0], box[1], box[2], box[3], input.width, input.height);
    size_t column = size_t(batch.labels[at]);
    bool named = column >= 1 && column <= class_names.size();
    const std::string name = named ? class_names[column - 1] : std::to_string(column);
    boxes.push_back({area, name, {}, colours.of(name)});
  }
  Picture image = to_picture(input);
  draw_boxes(image, boxes);
  return image;
}

}  // namespace data
