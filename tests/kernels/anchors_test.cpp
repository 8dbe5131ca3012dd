#include "kernels/anchors.h"
#include "tests/support/catch.h"

#include <cmath>

#include "tests/support/engine/device_arrays.h"

using namespace kernels;

namespace {

std::vector<Box> anchors_of(const AnchorOptions& options, const std::string& device) {
  std::vector<Box> boxes(size_t(anchor_count(options)));
  tests::DeviceArrays arrays(device);
  make_anchors(arrays.queue(), options,
               arrays.output(boxes, DType::f32, {2, {int64_t(boxes.size()), 4}}));
  arrays.fetch();
  return boxes;
}

void check_box(const Box& b, const Box& expected) {
  CHECK(std::fabs(b.ymin - expected.ymin) < 1e-6);
  CHECK(std::fabs(b.xmin - expected.xmin) < 1e-6);
  CHECK(std::fabs(b.ymax - expected.ymax) < 1e-6);
  CHECK(std::fabs(b.xmax - expected.xmax) < 1e-6);
}

}  // namespace

TEST_CASE("the default anchors are SSD320's") {
  const std::string device = GENERATE(from_range(tests::devices()));
  std::vector<Box> boxes = anchors_of({}, device);
  REQUIRE(boxes.size() == 12804);
  CHECK(anchors_per_cell({}) == 6);
  const std::vector<std::pair<size_t, Box>> known{
      {0, {-0.0375f, -0.0375f, 0.0625f, 0.0625f}},
      {1, {-0.058210678f, -0.058210678f, 0.083210677f, 0.083210677f}},
      {2, {-0.02285534f, -0.058210678f, 0.04785534f, 0.083210677f}},
      {3, {-0.0375f, -0.0875f, 0.0625f, 0.1125f}},
      {4, {-0.058210678f, -0.02285534f, 0.083210677f, 0.04785534f}},
      {5, {-0.0875f, -0.0375f, 0.1125f, 0.0625f}},
      {6, {-0.0375f, -0.0125f, 0.0625f, 0.0875f}},
      {240, {-0.0125f, -0.0375f, 0.0875f, 0.0625f}},
      {9599, {0.8875f, 0.9375f, 1.0875f, 1.0375f}},
      {9600, {-0.075f, -0.075f, 0.125f, 0.125f}},
      {10845, {0.425f, 0.175f, 0.625f, 0.575f}},
      {12000, {-0.15f, -0.15f, 0.25f, 0.25f}},
      {12595, {0.66715729f, 0.66715729f, 1.2328428f, 1.2328428f}},
      {12600, {-0.3f, -0.3f, 0.5f, 0.5f}},
      {12676, {-0.065685414f, 0.21715729f, 1.0656855f, 0.78284276f}},
      {12750, {-0.8f, -0.8f, 0.8f, 0.8f}},
      {12776, {-0.16568542f, -0.73137087f, 0.96568549f, 1.5313709f}},
      {12803, {-0.8f, 0.f, 2.4f, 1.6f}},
  };
  for (const auto& [index, box] : known) {
    INFO("anchor " << index);
    check_box(boxes[index], box);
  }
  double sum[4] = {};
  int inside_image = 0;
  for (const Box& b : boxes) {
    sum[0] += b.ymin, sum[1] += b.xmin, sum[2] += b.ymax, sum[3] += b.xmax;
    inside_image += inside(b, {0, 0, 1, 1});
  }
  CHECK(std::fabs(sum[0] - 5212.01418) < 1e-4);
  CHECK(std::fabs(sum[1] - 5212.01419) < 1e-4);
  CHECK(std::fabs(sum[2] - 7581.18602) < 1e-4);
  CHECK(std::fabs(sum[3] - 7581.18602) < 1e-4);
  CHECK(inside_image == 8821);
}

TEST_CASE("a GPU's anchors have the CPU's bits") {
  if (!tests::have_gpu()) return;
  CHECK(anchors_of({}, "cuda:0") == anchors_of({}, "cpu"));
}

TEST_CASE("each axis has its own offset rule") {
  const std::string device = GENERATE(from_range(tests::devices()));
  std::vector<Box> boxes = anchors_of({.image_height = 64,
                                       .image_width = 96,
                                       .levels = {{64, 1, 2}},
                                       .anchor_scale = 1,
                                       .scales_per_octave = 1,
                                       .aspect_ratios = {1},
                                       .normalise = false},
                                      device);
  REQUIRE(boxes.size() == 2);
  check_box(boxes[0], {0, -32, 64, 32});  // 64 divides the height, not the width
  check_box(boxes[1], {0, 32, 64, 96});
}

TEST_CASE("anchor options without sense are refused") {
  Box room[8];
  View out{room, DType::f32, {2, {8, 4}}};
  CHECK_THROWS(make_anchors({}, {.levels = {}}, out));
  CHECK_THROWS(make_anchors({}, {.image_height = 1, .image_width = 1}, out));
  CHECK_THROWS(make_anchors({}, {.levels = {{0, 1, 1}}}, out));
  CHECK_THROWS(make_anchors({}, {.levels = {{8, 1, 1}}, .aspect_ratios = {-1}}, out));
  CHECK_NOTHROW(make_anchors({}, {.levels = {{8, 0, 1}}}, out));
}
