#include "engine/conv/shape.h"

#include "engine/base/error.h"

namespace engine {
namespace {

constexpr const char* kPasses[] = {"forward", "grad_input", "grad_weight"};
constexpr const char* kActivations[] = {"none", "relu", "relu6"};
constexpr const char* kChannelGrads[] = {"none", "bias", "batch_norm"};
constexpr const char* kNarrowings[] = {"never", "if_needed", "if_faster"};

// Each of these names every field of a struct: a new field does not compile until it is added here.
std::string describe(const ConvGeometry& g) {
  const auto& [images, height, width, in, out, kernel, stride, pad] = g;
  const auto& [top, left, bottom, right] = pad;
  return base::concatenate(" images ", images, " of ", height, "x", width, "x", in, " to ", out,
                           " kernel ", kernel, " stride ", stride, " pad ", top, ",", left, ",",
                           bottom, ",", right);
}

std::string describe(const ForwardFusion& fusion) {
  const auto& [bias, residual, activation, statistics] = fusion;
  return base::concatenate(" bias ", bias, " residual ", residual, " activation ",
                           kActivations[int(activation)], " statistics ", statistics);
}

std::string describe(const GradInputFusion& fusion) {
  const auto& [accumulate, mask, channel_grads] = fusion;
  return base::concatenate(" accumulate ", accumulate, " mask ", kActivations[int(mask)],
                           " channel_grads ", kChannelGrads[int(channel_grads)]);
}

std::string describe(const GradWeightFusion& fusion) {
  const auto& [accumulate, narrow_dw, narrowing] = fusion;
  return base::concatenate(" accumulate ", accumulate, " narrow_dw ", narrow_dw, " narrowing ",
                           kNarrowings[int(narrowing)]);
}

std::string describe_fusion(const ConvShape& s) {
  if (s.pass == ConvPass::forward) return describe(s.forward);
  return s.pass == ConvPass::grad_input ? describe(s.grad_input) : describe(s.grad_weight);
}

}  // namespace

std::string describe(const ConvShape& s) {
  return base::concatenate(kPasses[int(s.pass)], " ", kernels::name_of(s.dtype),
                           describe(static_cast<const ConvGeometry&>(s)), " exact ", s.exact_f32,
                           describe_fusion(s));
}

ConvShape unfused(const ConvShape& s, ConvPass pass) { return {s, pass, s.dtype, s.exact_f32}; }

}  // namespace engine
