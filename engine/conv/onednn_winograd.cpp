#include "engine/conv/winograd.h"

#include <dnnl.h>
#include <omp.h>

#include "engine/base/error.h"
#include "engine/conv/winograd_maps.h"

namespace engine {
namespace {

using namespace winograd;

// Tiles that one thread computes at a time. Point p of the transformed tiles is a matrix [tiles,
// channels]. A cache line between the matrices keeps them from falling on the same cache sets.
struct Block {
  // oneDNN sums the rows of a product in one order only if there are enough of them, and a multiple
  // of what its kernels take at a time. Otherwise an image's bits would depend on how many images
  // there are. (Seen in 2.6.3: with AVX-512 fewer than 16 rows of transposed weights differ, with
  // AVX2 the last rows if 1 to 3 are left of a division by 6.)
  static constexpr int kLeast = 18, kMultiple = 6;
  static int rows(int64_t tiles) {
    return int(std::max<int64_t>(kLeast, (tiles + kMultiple - 1) / kMultiple * kMultiple));
  }

  int tiles;
  size_t step_in, step_out;  // floats between two matrices

  Block(const Maps& m, int threads) {
    constexpr int64_t kMost = 66;  // the products are then about as large as a core's cache
    const int64_t blocks = (m.tiles() + kMost * threads - 1) / (kMost * threads) * threads;
    tiles = rows((m.tiles() + blocks - 1) / blocks);
    step_in = size_t(tiles) * m.from + kLanes;
    step_out = size_t(tiles) * m.to + kLanes;
  }
  size_t floats() const { return kPoints * (step_in + step_out); }
};

// What the result, of type T, gets besides the convolution.
template <class T> struct Fused {
  const float* bias;
  const T* residual;
  Activation activation;

  // `offset` is the place in the result.
  void apply(Lanes& v, size_t offset, int channel, int lanes) const {
    Lanes other;
    if (bias) load(bias + channel, lanes, other), v += other;
    if (residual) load(residual + offset, lanes, other), v += other;
    if (activation == Activation::none) return;
    v = v < 0.f ? Lanes{} : v;
    if (activation == Activation::relu6) v = v > 6.f ? Lanes{} + 6.f : v;
  }
};

template <class T>
void store_outputs(const Maps& m, const Fused<T>& fused, Place at, int channel,
                   Lanes (&outputs)[kOut * kOut], T* y) {
  const int lanes = std::min(kLanes, m.to - channel);
  for (int row = 0; row < std::min(kOut, m.height - at.y); ++row)
    for (int column = 0; column < std::min(kOut, m.width - at.x); ++column) {
      Lanes& v = outputs[row * kOut + column];
      const int64_t pixel = (at.image * m.height + at.y + row) * m.width + at.x + column;
      const size_t offset = size_t(pixel) * m.to + channel;
      fused.apply(v, offset, channel, lanes);
      store(v, lanes, y + offset);
    }
}

template <class T>
void transform_outputs(const Maps& m, const Block& b, const Fused<T>& fused, const float* products,
                       int64_t first, int tiles, T* y) {
  for (int t = 0; t < tiles; ++t)
    for (int channel = 0; channel < m.to; channel += kLanes) {
      Lanes tile[kPoints], outputs[kOut * kOut];
      const int lanes = std::min(kLanes, m.to - channel);
      const float* const row = products + size_t(t) * m.to + channel;
      for (int p = 0; p < kPoints; ++p) load(row + p * b.step_out, lanes, tile[p]);
      output_tile(tile, outputs);
      store_outputs(m, fused, Place(m, first + t), channel, outputs, y);
    }
}

// [out][3][3][in] to [point][out][in]. The gradient of the input wants the kernel turned around.
template <class T> void transform_weight(const ConvShape& s, const T* w, float* u) {
  const size_t step = size_t(s.out_channels) * s.in_channels;
  constexpr int kKernel = kTaps * kTaps;
#pragma omp parallel for schedule(static)
  for (int out = 0; out < s.out_channels; ++out)
    for (int channel = 0; channel < s.in_channels; channel += kLanes) {
      Lanes kernel[kKernel], points[kPoints];
      const int lanes = std::min(kLanes, s.in_channels - channel);
      for (int tap = 0; tap < kKernel; ++tap) {
        const int from = s.pass == ConvPass::forward ? tap : kKernel - 1 - tap;
        load(w + (size_t(out) * kKernel + from) * s.in_channels + channel, lanes, kernel[tap]);
      }
      weight_tile(kernel, points);
      float* const row = u + size_t(out) * s.in_channels + channel;
      for (int p = 0; p < kPoints; ++p) store(points[p], lanes, row + p * step);
    }
}

template <class T>  // of activations and weight
class WinogradConv : public ConvPlan {
 public:
  WinogradConv(const ConvShape& shape, std::shared_ptr<WinogradWeights> kept)
      : shape_(shape), maps_(shape), block_(maps_, threads_), kept_(std::move(kept)) {}

  size_t workspace() const override {
    return aligned(weight_floats() * sizeof(float)) + threads_ * block_bytes();
  }

  void run(kernels::Queue, const ConvArgs& a) override {
    SSD_CHECK(omp_get_max_threads() == threads_, "made for ", threads_, " threads, run by ",
              omp_get_max_threads());
    const float* const weight = transformed(a);
    const int64_t blocks = (maps_.tiles() + block_.tiles - 1) / block_.tiles;
    bool failed = false;
#pragma omp parallel for schedule(static) reduction(|| : failed)
    for (int64_t i = 0; i < blocks; ++i) failed = failed || !compute(a, weight, i * block_.tiles);
    SSD_CHECK(!failed, "oneDNN's product of matrices failed");
  }

 private:
  size_t weight_floats() const {
    return size_t(kPoints) * shape_.out_channels * shape_.in_channels;
  }
  size_t block_bytes() const { return aligned(block_.floats() * sizeof(float)); }

  const float* transformed(const ConvArgs& a) {
    const T* const w = a.weight.as<T>();
    if (a.weight_version != 0)
      return kept_->at(shape_.pass, a.weight_id, a.weight_version, weight_floats(),
                       [&](float* to) { transform_weight(shape_, w, to); });
    float* const room = static_cast<float*>(a.workspace);
    transform_weight(shape_, w, room);
    return room;
  }

  float* room_of_thread(const ConvArgs& a) const {
    return reinterpret_cast<float*>(static_cast<char*>(a.workspace) +
                                    aligned(weight_floats() * sizeof(float)) +
                                    omp_get_thread_num() * block_bytes());
  }

  // Whether oneDNN could.
  bool compute(const ConvArgs& a, const float* weight, int64_t first) const {
    float* const inputs = room_of_thread(a);
    float* const products = inputs + kPoints * block_.step_in;
    const int tiles = int(std::min<int64_t>(block_.tiles, maps_.tiles() - first));
    const bool forward = shape_.pass == ConvPass::forward;
    transform_inputs(maps_, block_.step_in, (forward ? a.x : a.y).as<T>(), first, tiles,
                     inputs);
    if (!multiply(inputs, weight, tiles, products)) return false;
    const Fused<T> fused{shape_.forward.bias ? a.bias.as<float>() : nullptr,
                         shape_.forward.residual ? a.residual.as<T>() : nullptr,
                         shape_.forward.activation};
    T* const result = (forward ? a.y : a.x).as<T>();
    transform_outputs(maps_, block_, fused, products, first, tiles, result);
    return true;
  }

  // In a parallel region, each of these calls runs in its own thread alone.
  bool multiply(float* inputs, const float* weight, int tiles, float* products) const {
    const size_t step = size_t(shape_.out_channels) * shape_.in_channels;
    const bool forward = shape_.pass == ConvPass::forward;
    for (int p = 0; p < kPoints; ++p) {
      float* const in = inputs + p * block_.step_in;
      const int rows = Block::rows(tiles);
      std::fill_n(in + size_t(tiles) * maps_.from, size_t(rows - tiles) * maps_.from, 0.f);
      const auto status = dnnl_sgemm('N', forward ? 'T' : 'N', rows, maps_.to, maps_.from, 1, in,
                                     maps_.from, weight + p * step, shape_.in_channels, 0,
                                     products + p * block_.step_out, maps_.to);
      if (status != dnnl_success) return false;
    }
    return true;
  }

  ConvShape shape_;
  Maps maps_;
  int threads_ = omp_get_max_threads();
  Block block_;
  std::shared_ptr<WinogradWeights> kept_;
};

}  // namespace

std::unique_ptr<ConvPlan> make_winograd_conv(const ConvShape& s,
                                             std::shared_ptr<WinogradWeights> kept) {
  const bool fits = (s.dtype == DType::f32 || s.dtype == DType::bf16) && s.kernel == kTaps && s.stride == 1 &&
                    s.pad == Padding{1, 1, 1, 1} && !s.grad_weight.narrow_dw &&
                    !s.forward.statistics && !s.fuses_gradient() && s.images > 0;
  if (!fits) return nullptr;
  if (s.pass == ConvPass::grad_weight) return make_winograd_grad_weight(s);
  if (s.dtype == DType::bf16) return std::make_unique<WinogradConv<bf16>>(s, std::move(kept));
  return std::make_unique<WinogradConv<float>>(s, std::move(kept));
}

}  // namespace engine
