#include "engine/conv/winograd.h"

#include <dnnl.h>
#include <omp.h>

#include "engine/base/error.h"
#include "engine/base/room.h"
#include "engine/conv/winograd_blocks.h"
#include "engine/conv/winograd_weight.h"

namespace engine {
namespace {

using namespace winograd;

// What is fused to the convolution. The result has the type T.
template <class T> struct Fused {
  const float* bias;
  const T* residual;
  Activation activation;

  // `offset` is the index of the values in the result.
  void apply(Lanes& v, size_t offset, int channel, int lanes) const {
    Lanes other;
    if (bias) load(bias + channel, lanes, other), v += other;
    if (residual) load(residual + offset, lanes, other), v += other;
    if (activation == Activation::none) return;
    v = v < 0.f ? Lanes{} : v;
    if (activation == Activation::relu6) v = v > 6.f ? Lanes{} + 6.f : v;
  }
};

// The part of a tile's outputs that lies inside the map, and how many of 16 channels there are.
struct Extent {
  int rows, columns, channels;
  bool operator==(const Extent&) const = default;
};
constexpr Extent kWhole{kOut, kOut, kLanes};

// Inlined, so that the loops over a whole tile have bounds that the compiler knows. `first` is the
// index of the first output in the result.
template <class T>
[[gnu::always_inline]] inline void store_outputs(const Maps& m, const Fused<T>& fused, Extent part,
                                                 size_t first, int channel,
                                                 Lanes (&outputs)[kOut * kOut], T* y) {
  for (int row = 0; row < part.rows; ++row)
    for (int column = 0; column < part.columns; ++column) {
      Lanes& v = outputs[row * kOut + column];
      const size_t offset = first + (size_t(row) * m.width + column) * m.to;
      fused.apply(v, offset, channel, part.channels);
      store(v, part.channels, y + offset);
    }
}

template <class T>
void transform_outputs(const Maps& m, size_t step, const Fused<T>& fused, const float* row,
                       Place at, int channel, T* y) {
  Lanes tile[kPoints], outputs[kOut * kOut];
  const Extent part{std::min(kOut, m.height - at.y), std::min(kOut, m.width - at.x),
                    std::min(kLanes, m.to - channel)};
  const size_t first = ((at.image * m.height + at.y) * m.width + at.x) * m.to + channel;
  load_points(row + channel, step, part.channels, tile);
  output_tile(tile, outputs);
  if (part == kWhole)
    store_outputs(m, fused, kWhole, first, channel, outputs, y);
  else
    store_outputs(m, fused, part, first, channel, outputs, y);
}

template <class T>  // of activations and weight
class WinogradConv : public ConvPlan {
 public:
  WinogradConv(const ConvShape& shape, std::shared_ptr<WinogradWeights> kept)
      : shape_(shape), maps_(shape), block_(maps_, threads_), kept_(std::move(kept)) {}

  size_t workspace() const override {
    return weight_bytes() + (block_.shared ? 1 : threads_) * block_bytes();
  }

  KeptWeights kept_weights() const override {
    return {weight_floats() * sizeof(float), kept_.get()};
  }

  void run(kernels::Queue, const ConvArgs& a) override {
    SSD_CHECK(omp_get_max_threads() == threads_, "made for ", threads_, " threads, run by ",
              omp_get_max_threads());
    const float* const weight = transformed(a);
    SSD_CHECK(block_.shared ? compute_together(a, weight) : compute_apart(a, weight),
              "oneDNN's product of matrices failed");
  }

 private:
  // Tiles of a block, and where their transformed inputs and products are.
  struct Part {
    int64_t first;
    int tiles;
    float *inputs, *products;
  };

  Part part(const ConvArgs& a, int64_t first, int thread) const {
    float* const room = reinterpret_cast<float*>(static_cast<char*>(a.workspace) + weight_bytes() +
                                                 thread * block_bytes());
    return {first, int(std::min<int64_t>(block_.tiles, maps_.tiles() - first)), room,
            room + kPoints * block_.step_in};
  }

  // Both return whether oneDNN accepted the product.

  bool compute_together(const ConvArgs& a, const float* weight) const {
    const Part all = part(a, 0, 0);
    bool failed = false;
#pragma omp parallel
    {
#pragma omp for schedule(static)
      for (int t = 0; t < all.tiles; ++t) transform_input(a, all, t);
#pragma omp for schedule(static) collapse(2) reduction(|| : failed)
      for (int p = 0; p < kPoints; ++p)
        for (int chunk = 0; chunk < block_.chunks; ++chunk) {
          const int begin = block_.first_row(chunk), end = block_.first_row(chunk + 1);
          failed = failed || !multiply(all, weight, p, begin, end);
        }
#pragma omp for schedule(static) collapse(2)
      for (int t = 0; t < all.tiles; ++t)
        for (int channel = 0; channel < maps_.to; channel += kLanes)
          transform_output(a, all, t, channel);
    }
    return !failed;
  }

  bool compute_apart(const ConvArgs& a, const float* weight) const {
    const int64_t blocks = (maps_.tiles() + block_.tiles - 1) / block_.tiles;
    bool failed = false;
#pragma omp parallel for schedule(static) reduction(|| : failed)
    for (int64_t i = 0; i < blocks; ++i) {
      const Part own = part(a, i * block_.tiles, omp_get_thread_num());
      for (int t = 0; t < own.tiles; ++t) transform_input(a, own, t);
      for (int p = 0; p < kPoints; ++p)
        failed = failed || !multiply(own, weight, p, 0, Block::rows(own.tiles));
      for (int t = 0; t < own.tiles; ++t)
        for (int channel = 0; channel < maps_.to; channel += kLanes)
          transform_output(a, own, t, channel);
    }
    return !failed;
  }

  size_t weight_floats() const { return kPoints * weight_step(shape_); }
  size_t weight_bytes() const { return aligned(weight_floats() * sizeof(float)); }
  size_t block_bytes() const { return aligned(block_.floats() * sizeof(float)); }
  bool forward() const { return shape_.pass == ConvPass::forward; }

  const float* transformed(const ConvArgs& a) {
    const T* const w = a.weight.as<T>();
    const auto fill = [&](float* to) {
      forward() ? transform_weight(shape_, w, to) : transform_turned_weight(shape_, w, to);
    };
    if (a.weight_version != 0)
      return kept_->at(shape_.pass, a.weight_id, a.weight_version, weight_floats(), fill);
    float* const room = static_cast<float*>(a.workspace);
    fill(room);
    return room;
  }

  void transform_input(const ConvArgs& a, const Part& part, int t) const {
    const View from = forward() ? a.x : a.y;
    transform_inputs(maps_, block_.step_in, from.as<T>(), part.first + t,
                     part.inputs + size_t(t) * maps_.from);
  }

  void transform_output(const ConvArgs& a, const Part& part, int t, int channel) const {
    const Fused<T> fused{shape_.forward.bias ? a.bias.as<float>() : nullptr,
                         shape_.forward.residual ? a.residual.as<T>() : nullptr,
                         shape_.forward.activation};
    const View to = forward() ? a.y : a.x;
    transform_outputs(maps_, block_.step_out, fused, part.products + size_t(t) * maps_.to,
                      Place(maps_, part.first + t), channel, to.as<T>());
  }

  // Rows of the product of point p. In a parallel region, each call runs in its own thread alone.
  bool multiply(const Part& part, const float* weight, int p, int begin, int end) const {
    float* const in = part.inputs + p * block_.step_in;
    if (end > part.tiles)
      std::fill(in + size_t(part.tiles) * maps_.from, in + size_t(end) * maps_.from, 0.f);
    return dnnl_sgemm('N', 'N', end - begin, maps_.to, maps_.from, 1,
                      in + size_t(begin) * maps_.from, maps_.from, weight + p * weight_step(shape_),
                      maps_.to, 0, part.products + p * block_.step_out + size_t(begin) * maps_.to,
                      maps_.to) == dnnl_success;
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
  const bool fits = (s.dtype == DType::f32 || s.dtype == DType::bf16) && s.kernel == kTaps &&
                    s.stride == 1 && s.pad == Padding{1, 1, 1, 1} && !s.grad_weight.narrow_dw &&
                    !s.forward.statistics && !s.fuses_gradient() && s.images > 0;
  if (!fits) return nullptr;
  base::require_room(base::kPreparingRoom, "to prepare a convolution");
  if (s.pass == ConvPass::grad_weight) return make_winograd_grad_weight(s);
  if (s.dtype == DType::bf16) return std::make_unique<WinogradConv<bf16>>(s, std::move(kept));
  return std::make_unique<WinogradConv<float>>(s, std::move(kept));
}

}  // namespace engine
