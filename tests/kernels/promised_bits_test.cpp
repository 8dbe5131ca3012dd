// What docs/numerics.md promises to have the same bits in every build and on every device: here as
// checksums that one build has found and all others must find. Matching, suppression and images are
// compared with their definitions in tests of their own.
#include <random>

#include "engine/safetensors_checksum.h"
#include "kernels/anchors.h"
#include "kernels/flat_sum.h"
#include "kernels/match_anchors.h"
#include "tests/support/catch.h"
#include "tests/support/engine/device_arrays.h"

using namespace kernels;
using namespace tests;

namespace {

template <class T> std::string checksum(const std::vector<T>& values) {
  engine::ChecksumState state;
  state.add(values.data(), values.size() * sizeof(T));
  return state.digits().substr(0, 16);
}

std::vector<float> numbers(size_t n) {
  std::mt19937 random(9);
  std::vector<float> values(n);
  for (float& v : values) v = float(int32_t(random()) >> 8) / float(1 << 20);
  return values;
}

std::vector<Box> anchors_on(const std::string& device) {
  std::vector<Box> anchors(12804);
  DeviceArrays arrays(device);
  make_anchors(arrays.queue(), {}, arrays.output(anchors, DType::f32, {2, {12804, 4}}));
  arrays.fetch();
  return anchors;
}

// Box codes of every anchor for a box of its own.
std::vector<float> codes_on(const std::string& device) {
  const std::vector<Box> anchors = anchors_on("cpu");
  const int32_t n = int32_t(anchors.size());
  std::vector<Box> boxes;
  std::vector<int32_t> labels(anchors.size(), 1), matches, classes(anchors.size());
  std::vector<float> ones(anchors.size(), 1), weights(ones), codes(4 * anchors.size());
  const std::vector<float> x = numbers(4 * anchors.size());
  for (int32_t i = 0; i < n; ++i) {
    const float *v = &x[size_t(i) * 4], y = v[0] / 4096, left = v[1] / 4096;
    boxes.push_back({y, left, y + 0.01f + v[2] * v[2] / 4096, left + 0.01f + v[3] * v[3] / 4096});
    matches.push_back(i);
  }
  DeviceArrays arrays(device);
  const Shape one{2, {1, n}}, four{3, {1, n, 4}};
  assign_targets(arrays.queue(),
                 {arrays.input(boxes, DType::f32, four), arrays.input(labels, DType::i32, one),
                  arrays.input(ones, DType::f32, one)},
                 arrays.input(anchors, DType::f32, {2, {n, 4}}),
                 arrays.input(matches, DType::i32, one), {},
                 {arrays.output(classes, DType::i32, one), arrays.output(weights, DType::f32, one),
                  arrays.output(codes, DType::f32, four), arrays.output(weights, DType::f32, one)});
  arrays.fetch();
  return codes;
}

std::vector<double> sums_on(const std::string& device) {
  std::vector<double> sums;
  for (size_t n : {1, 255, 8193, 100003})
    for (bool squares : {false, true}) {
      const std::vector<float> x = numbers(n);
      const auto partials = size_t(flat_sum_partials(int64_t(n)));
      std::vector<double> partial(partials), sum{-1};
      DeviceArrays arrays(device);
      flat_sum(arrays.queue(),
               {.x = arrays.input(x, DType::f32, {1, {int64_t(n)}}),
                .partial = arrays.output(partial, DType::f64, {1, {int64_t(partial.size())}}),
                .squares = squares},
               arrays.output(sum, DType::f64, {1, {1}}));
      arrays.fetch();
      sums.push_back(sum[0]);
    }
  return sums;
}

}  // namespace

TEST_CASE("anchors, box codes and flat sums have the bits of every other build") {
  const std::string device = GENERATE(from_range(devices()));
  CHECK(checksum(anchors_on(device)) == "1e1934d79c81fe2f");
  CHECK(checksum(codes_on(device)) == "981905e4986ebacd");
  CHECK(checksum(sums_on(device)) == "f1965d87476d75d4");
}
