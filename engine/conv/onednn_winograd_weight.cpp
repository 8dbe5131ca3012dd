// The gradient of the weight by the adjoint of Winograd's F(4x4, 3x3): for each of 36 points, the
// product of the transformed tiles of dy and of x, summed over the tiles.
#include <dnnl.h>
#include <omp.h>

#include "engine/base/error.h"
#include "engine/conv/winograd.h"
#include "engine/conv/winograd_maps.h"

namespace engine {
namespace {

using namespace winograd;

// Tiles whose products are added at a time: always as many, since the order of sums fixes the bits.
constexpr int kBlock = 128;

// Inlined, so that the loops over a whole tile have bounds that the compiler knows. `first` is the
// first channel of the tile's first pixel. What lies outside the map is 0.
template <class T>
[[gnu::always_inline]] inline void load_gradients(const Maps& m, const T* first, int rows,
                                                  int columns, int count,
                                                  Lanes (&tile)[kOut * kOut]) {
  for (int row = 0; row < kOut; ++row)
    for (int column = 0; column < kOut; ++column) {
      Lanes& to = tile[row * kOut + column];
      if (row >= rows || column >= columns)
        to = Lanes{};
      else
        load(first + (int64_t(row) * m.width + column) * m.to, count, to);
    }
}

template <class T>
void transform_gradients(const Maps& m, size_t step, const T* dy, int64_t tile, float* to) {
  const Place at(m, tile);
  const int rows = std::min(kOut, m.height - at.y), columns = std::min(kOut, m.width - at.x);
  const T* const first = dy + ((at.image * m.height + at.y) * m.width + at.x) * m.to;
  for (int channel = 0; channel < m.to; channel += kLanes) {
    Lanes gradients[kOut * kOut], points[kPoints];
    const int count = std::min(kLanes, m.to - channel);
    if (rows == kOut && columns == kOut && count == kLanes)
      load_gradients(m, first + channel, kOut, kOut, kLanes, gradients);
    else
      load_gradients(m, first + channel, rows, columns, count, gradients);
    grad_output_tile(gradients, points);
    store_points(points, count, to + channel, step);
  }
}

template <class T>  // of x and dy; dw is f32
class WinogradGradWeight : public ConvPlan {
 public:
  explicit WinogradGradWeight(const ConvShape& shape)
      : maps_(shape),
        step_x_(size_t(kBlock) * maps_.from + kLanes),
        step_dy_(size_t(kBlock) * maps_.to + kLanes) {}

  size_t workspace() const override { return (sums() + kPoints * (step_x_ + step_dy_)) * 4; }

  void run(kernels::Queue, const ConvArgs& a) override {
    float* const room = static_cast<float*>(a.workspace);
    for (int64_t first = 0; first < maps_.tiles(); first += kBlock) {
      const int tiles = int(std::min<int64_t>(kBlock, maps_.tiles() - first));
      transform(a, first, tiles);
      bool failed = false;
#pragma omp parallel for schedule(static) reduction(|| : failed)
      for (int p = 0; p < kPoints; ++p) failed = failed || !multiply(room, p, first > 0, tiles);
      SSD_CHECK(!failed, "oneDNN's product of matrices failed");
    }
    transform_sums(room, a.weight.as<float>());
  }

 private:
  size_t matrix() const { return size_t(maps_.from) * maps_.to; }
  size_t sums() const { return kPoints * matrix(); }

  void transform(const ConvArgs& a, int64_t first, int tiles) const {
    float* const x = static_cast<float*>(a.workspace) + sums();
    float* const dy = x + kPoints * step_x_;
#pragma omp parallel for schedule(static)
    for (int t = 0; t < tiles; ++t) {
      transform_inputs(maps_, step_x_, a.x.as<T>(), first + t, x + size_t(t) * maps_.from);
      transform_gradients(maps_, step_dy_, a.y.as<T>(), first + t, dy + size_t(t) * maps_.to);
    }
  }

  // In a parallel region, each of these calls runs in its own thread alone.
  bool multiply(float* room, int p, bool add, int tiles) const {
    const float* const x = room + sums() + p * step_x_;
    const float* const dy = room + sums() + kPoints * step_x_ + p * step_dy_;
    return dnnl_sgemm('T', 'N', maps_.to, maps_.from, tiles, 1, dy, maps_.to, x, maps_.from,
                      add ? 1 : 0, room + p * matrix(), maps_.from) == dnnl_success;
  }

  // [point][out][in] to [out][3][3][in].
  void transform_sums(const float* u, float* dw) const {
    constexpr int kKernel = kTaps * kTaps;
#pragma omp parallel for schedule(static)
    for (int out = 0; out < maps_.to; ++out)
      for (int channel = 0; channel < maps_.from; channel += kLanes) {
        Lanes points[kPoints], kernel[kKernel];
        const int lanes = std::min(kLanes, maps_.from - channel);
        const float* const row = u + size_t(out) * maps_.from + channel;
        load_points(row, matrix(), lanes, points);
        grad_weight_tile(points, kernel);
        for (int tap = 0; tap < kKernel; ++tap)
          store(kernel[tap], lanes, dw + (size_t(out) * kKernel + tap) * maps_.from + channel);
      }
  }

  Maps maps_;
  size_t step_x_, step_dy_;  // floats between two points of a block
};

}  // namespace

std::unique_ptr<ConvPlan> make_winograd_grad_weight(const ConvShape& shape) {
  if (shape.dtype == DType::bf16) return std::make_unique<WinogradGradWeight<bf16>>(shape);
  return std::make_unique<WinogradGradWeight<float>>(shape);
}

}  // namespace engine
