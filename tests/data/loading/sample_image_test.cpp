#include "data/loading/sample_image.h"
#include "tests/support/catch.h"

#include <cmath>

#include "data/image/draw.h"

namespace {

constexpr kernels::ChannelScaling kScaling{{123.68f, 116.779f, 103.939f}, {58.4f, 57.1f, 57.4f}};

// What the network would get for a picture.
std::vector<float> scaled(const data::Picture& image) {
  std::vector<float> values;
  for (size_t i = 0; i < image.rgb.size(); ++i)
    values.push_back((float(image.rgb[i]) - kScaling.mean[i % 3]) / kScaling.deviation[i % 3]);
  return values;
}

}  // namespace

TEST_CASE("a picture survives scaling and back") {
  data::Picture image{16, 16, std::vector<uint8_t>(16 * 16 * 3)};
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = uint8_t(i);
  std::vector<float> values = scaled(image);
  data::Picture back = data::to_picture({values.data(), 16, 16, kScaling});
  CHECK((back.width == 16 && back.height == 16));
  CHECK(back.rgb == image.rgb);

  values[0] = 1e9f, values[1] = -1e9f, values[2] = std::nanf("");
  back = data::to_picture({values.data(), 16, 16, kScaling});
  CHECK((back.rgb[0] == 255 && back.rgb[1] == 0 && back.rgb[2] == 0));
}

TEST_CASE("a sample shows the boxes of its row alone") {
  data::Picture grey{60, 40, std::vector<uint8_t>(60 * 40 * 3, 128)};
  std::vector<float> values = scaled(grey);
  data::Batch batch;
  batch.max_boxes = 2;
  batch.boxes = {0, 0, 1, 1, 0, 0, 1, 1, 0.5f, 0.5f, 1, 1, 0, 0, 0, 0};
  batch.labels = {1, 1, 3, 0};
  batch.counts = {2, 1};
  data::InputImage input{values.data(), 40, 60, kScaling};
  const data::ClassColours colours({"a", "b"});
  data::Picture shown = data::sample_picture(input, batch, 1, {"a", "b"}, colours);
  data::Colour colour = colours.of("3");
  const uint8_t* corner = &shown.rgb[(39 * 60 + 59) * 3];
  CHECK(data::Colour{corner[0], corner[1], corner[2]} == colour);
  CHECK(shown.rgb[0] == 128);  // where the other row's boxes would be
}
