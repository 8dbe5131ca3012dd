// Convolutions by oneDNN. Activations stay plain NHWC; each primitive picks the order of its
// weights. In training, weights change at every step, so they are reordered in every run. At
// inference they are reordered once: in every run, it took 10 % (f32) to 20 % (bf16) of an image.
#include <omp.h>

#include <algorithm>
#include <dnnl.hpp>
#include <map>
#include <string>
#include <unordered_map>

#include "engine/base/error.h"
#include "engine/base/room.h"
#include "engine/conv/conv.h"

namespace engine {
namespace {

using Memory = dnnl::memory;
using Tag = dnnl::memory::format_tag;

dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& stream() {
  static dnnl::stream stream(cpu());
  return stream;
}

Memory::data_type type_of(DType t) {
  return t == DType::bf16 ? Memory::data_type::bf16 : Memory::data_type::f32;
}

// What a primitive is made from.
struct Descriptors {
  Memory::desc x, weight, plain_weight, bias, y;
  Memory::dims filter, strides, pad_begin, pad_end;

  explicit Descriptors(const ConvShape& s) {
    bool gradient = s.pass == ConvPass::grad_weight;
    auto type = type_of(s.dtype), weight_type = gradient ? Memory::data_type::f32 : type;
    filter = {s.out_channels, s.in_channels, s.kernel, s.kernel};
    x = {{s.images, s.in_channels, s.height, s.width}, type, Tag::nhwc};
    y = {{s.images, s.out_channels, s.out_height(), s.out_width()}, type, Tag::nhwc};
    weight = {filter, weight_type, Tag::any};
    plain_weight = {filter, weight_type, Tag::ohwi};
    if (s.forward.bias) bias = {{s.out_channels}, Memory::data_type::f32, Tag::a};
    strides = {s.stride, s.stride};
    pad_begin = {s.pad.top, s.pad.left};
    pad_end = {s.pad.bottom, s.pad.right};
  }
};

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

// The interfaces of oneDNN 2 and 3 differ in two ways. Version 2 makes a primitive's description in
// two steps, and scales what an eltwise post-op gives.
#if DNNL_VERSION_MAJOR < 3
void append(dnnl::post_ops& ops, dnnl::algorithm eltwise, float alpha, float beta) {
  ops.append_eltwise(1, eltwise, alpha, beta);
}
template <class Primitive, class... What>
auto describe(const dnnl::primitive_attr& attr, const What&... what) {
  return typename Primitive::primitive_desc(typename Primitive::desc(what...), attr, cpu());
}
template <class Primitive, class Hint, class... What>
auto describe_backward(const Hint& forward, const What&... what) {
  return typename Primitive::primitive_desc(typename Primitive::desc(what...), attributes(), cpu(),
                                            forward);
}
#else
void append(dnnl::post_ops& ops, dnnl::algorithm eltwise, float alpha, float beta) {
  ops.append_eltwise(eltwise, alpha, beta);
}
template <class Primitive, class... What>
auto describe(const dnnl::primitive_attr& attr, const What&... what) {
  return typename Primitive::primitive_desc(cpu(), what..., attr);
}
template <class Primitive, class Hint, class... What>
auto describe_backward(const Hint& forward, const What&... what) {
  return typename Primitive::primitive_desc(cpu(), what..., forward, attributes());
}
#endif

dnnl::primitive_attr fusions(const ConvShape& s, const Descriptors& d) {
  dnnl::post_ops ops;
  if (s.forward.residual) ops.append_binary(dnnl::algorithm::binary_add, d.y);
  if (s.forward.activation == Activation::relu) append(ops, dnnl::algorithm::eltwise_relu, 0, 0);
  if (s.forward.activation == Activation::relu6) append(ops, dnnl::algorithm::eltwise_clip, 0, 6);
  dnnl::primitive_attr attr = attributes();
  attr.set_post_ops(ops);
  return attr;
}

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

// A primitive with what run() has to know of it. Empty if oneDNN has none, or only its slow
// reference implementation.
struct Chosen {
  dnnl::primitive primitive;
  Memory::desc weight, scratchpad;

  explicit operator bool() const { return bool(primitive); }
};

template <class Primitive>
Chosen chosen(const typename Primitive::primitive_desc& found, const Memory::desc& weight) {
  if (std::string(found.impl_info_str()).starts_with("ref")) return {};
  return {Primitive(found), weight, found.scratchpad_desc()};
}

dnnl::convolution_forward::primitive_desc forward(const Descriptors& d, dnnl::prop_kind kind,
                                                  const dnnl::primitive_attr& attr) {
  return describe<dnnl::convolution_forward>(attr, kind, kAlgorithm, d.x, d.weight, d.bias, d.y,
                                             d.strides, d.pad_begin, d.pad_end);
}

// What oneDNN computes wrongly (tests/engine/ops/random_convs_test.cpp; docs/numerics.md says which
// versions were tried). Every version: bf16 with a stride of more than 2, for some widths. Version
// 2: f32 with a residual, in rows of few pixels with two columns of padding or more.
bool miscomputed_forward(const ConvShape& s) {
  if (s.dtype == DType::bf16) return s.stride > 2;
  return DNNL_VERSION_MAJOR < 3 && s.forward.residual && s.out_width() < s.kernel &&
         std::max(s.pad.left, s.pad.right) > 1;
}

// Every version: gradients of bf16 kernels over rows that are narrower than the stride, which add
// up what the scratchpad held.
bool miscomputed_grad_weight(const ConvShape& s) {
  return s.dtype == DType::bf16 && s.kernel > 1 && s.width < s.stride;
}

bool miscomputed(const ConvShape& s) {
  if (s.pass == ConvPass::forward) return miscomputed_forward(s);
  return s.pass == ConvPass::grad_weight && miscomputed_grad_weight(s);
}

Chosen choose(const ConvShape& s, const Descriptors& d) {
  using dnnl::prop_kind;
  if (miscomputed(s)) return {};
  if (s.pass == ConvPass::forward) {
    auto found = forward(d, prop_kind::forward_inference, fusions(s, d));
    return chosen<dnnl::convolution_forward>(found, found.weights_desc());
  }
  // oneDNN wants the description of a forward pass, with all operands of one type, as a hint for a
  // backward pass.
  Descriptors hint = d;
  hint.weight = {d.filter, type_of(s.dtype), Tag::any};
  auto trained = forward(hint, prop_kind::forward_training, attributes());
  if (s.pass == ConvPass::grad_input) {
    using Gradient = dnnl::convolution_backward_data;
    auto found = describe_backward<Gradient>(trained, kAlgorithm, d.x, d.weight, d.y, d.strides,
                                             d.pad_begin, d.pad_end);
    return chosen<Gradient>(found, found.weights_desc());
  }
  using Gradient = dnnl::convolution_backward_weights;
  auto found = describe_backward<Gradient>(trained, kAlgorithm, d.x, d.weight, d.y, d.strides,
                                           d.pad_begin, d.pad_end);
  return chosen<Gradient>(found, found.diff_weights_desc());
}

class OneDnnConv : public ConvPlan {
 public:
  OneDnnConv(const ConvShape& shape, const Descriptors& d, Chosen conv)
      : pass_(shape.pass), d_(d), conv_(std::move(conv)) {
    weight_offset_ = aligned(conv_.scratchpad.get_size());
    if (conv_.weight == d_.plain_weight) return;
    bool gradient = pass_ == ConvPass::grad_weight;
    dnnl::reorder::primitive_desc found(cpu(), gradient ? conv_.weight : d_.plain_weight, cpu(),
                                        gradient ? d_.plain_weight : conv_.weight, attributes());
    reorder_ = dnnl::reorder(found);
    reorder_scratchpad_ = found.scratchpad_desc();
    reorder_offset_ = weight_offset_ + aligned(conv_.weight.get_size());
  }

  size_t workspace() const override {
    return reorder_ ? reorder_offset_ + reorder_scratchpad_.get_size() : weight_offset_;
  }

  KeptWeights kept_weights() const override {
    return {reorder_ && pass_ != ConvPass::grad_weight ? conv_.weight.get_size() : 0};
  }

  void run(kernels::Queue, const ConvArgs& a) override {
    // oneDNN divides the work, and the scratchpad, when a primitive is made.
    SSD_CHECK(omp_get_max_threads() == threads_, "made for ", threads_, " threads, run by ",
              omp_get_max_threads());
    Memory plain = memory(d_.plain_weight, a.weight.data);
    bool gradient = pass_ == ConvPass::grad_weight;
    Memory weight = !reorder_ ? plain : gradient ? room(a) : reordered(a, plain);
    conv_.primitive.execute(stream(), arguments(a, weight));
    if (reorder_ && gradient) reorder(a, weight, plain);
    stream().wait();
  }

 private:
  static Memory memory(const Memory::desc& d, void* data) { return Memory(d, cpu(), data); }
  static void* at(const ConvArgs& a, size_t offset) {
    return static_cast<char*>(a.workspace) + offset;
  }

  // The part of the workspace that holds weights in the primitive's order.
  Memory room(const ConvArgs& a) const { return memory(conv_.weight, at(a, weight_offset_)); }

  Memory reordered(const ConvArgs& a, const Memory& plain) {
    if (a.weight_version == 0) {
      Memory weight = room(a);
      reorder(a, plain, weight);
      return weight;
    }
    Kept& kept = kept_[a.weight_id];
    if (kept.version != a.weight_version) {
      if (!kept.weight) kept.weight = Memory(conv_.weight, cpu());
      reorder(a, plain, kept.weight);
      kept.version = a.weight_version;
    }
    return kept.weight;
  }

  void reorder(const ConvArgs& a, const Memory& from, const Memory& to) {
    Memory scratchpad = memory(reorder_scratchpad_, at(a, reorder_offset_));
    reorder_.execute(stream(),
                     {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, scratchpad}});
  }

  std::unordered_map<int, Memory> arguments(const ConvArgs& a, const Memory& weight) const {
    Memory x = memory(d_.x, a.x.data), y = memory(d_.y, a.y.data);
    Memory scratchpad = memory(conv_.scratchpad, a.workspace);
    if (pass_ == ConvPass::grad_input)
      return {{DNNL_ARG_DIFF_DST, y},
              {DNNL_ARG_WEIGHTS, weight},
              {DNNL_ARG_DIFF_SRC, x},
              {DNNL_ARG_SCRATCHPAD, scratchpad}};
    if (pass_ == ConvPass::grad_weight)
      return {{DNNL_ARG_SRC, x},
              {DNNL_ARG_DIFF_DST, y},
              {DNNL_ARG_DIFF_WEIGHTS, weight},
              {DNNL_ARG_SCRATCHPAD, scratchpad}};
    constexpr int kResidual = DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1;
    return {{DNNL_ARG_SRC, x},
            {DNNL_ARG_WEIGHTS, weight},
            {DNNL_ARG_BIAS, memory(d_.bias, a.bias.data)},
            {kResidual, memory(d_.y, a.residual.data)},
            {DNNL_ARG_DST, y},
            {DNNL_ARG_SCRATCHPAD, scratchpad}};
  }

  struct Kept {
    uint64_t version = 0;
    Memory weight;
  };

  ConvPass pass_;
  Descriptors d_;
  Chosen conv_;
  int threads_ = omp_get_max_threads();
  dnnl::reorder reorder_;  // empty: the primitive takes our order of weights
  Memory::desc reorder_scratchpad_;
  size_t weight_offset_ = 0, reorder_offset_ = 0;  // in the workspace, behind conv_'s scratchpad
  std::map<Tensor::Id, Kept> kept_;                // by weight_id
};

}  // namespace

Bf16Products bf16_products() {
  const int isa = dnnl_get_effective_cpu_isa();  // a bit for each set of instructions
  const auto has = [isa](int set) { return (isa & set) == set; };
  if (has(dnnl_cpu_isa_avx512_core_amx)) return Bf16Products::amx;
  return has(dnnl_cpu_isa_avx512_core_bf16) ? Bf16Products::avx512 : Bf16Products::f32;
}

std::unique_ptr<ConvPlan> make_onednn_conv(const ConvShape& shape) {
  bool known = (shape.dtype == DType::f32 || shape.dtype == DType::bf16) &&
               !shape.forward.statistics && !shape.fuses_gradient() && !shape.grad_weight.narrow_dw;
  if (!known || shape.images == 0) return nullptr;
  try {
    Descriptors d(shape);
    base::require_room(base::kPreparingRoom, "to prepare a convolution");
    Chosen conv = choose(shape, d);
    return conv ? std::make_unique<OneDnnConv>(shape, d, std::move(conv)) : nullptr;
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory)
      base::fail(base::ExitCode::resources, "out of memory to prepare a convolution");
    return nullptr;  // no such primitive on this machine, or for this shape
  }
}

}  // namespace engine
