#include "engine/conv/conv.h"

#include "engine/backend.h"
#include "engine/base/error.h"

namespace engine {

std::string describe(const ConvShape& s) {
  static constexpr const char* kPasses[] = {"forward", "grad_input", "grad_weight"};
  static constexpr const char* kTypes[] = {"f32", "f16", "bf16", "u8", "i32", "f64"};
  static constexpr const char* kActivations[] = {"none", "relu", "relu6"};
  static constexpr const char* kChannelGrads[] = {"none", "bias", "batch_norm"};
  // Names every field: a new one does not compile until it is added here.
  const auto& [pass, dtype, images, height, width, in, out, kernel, stride, pad, exact, bias,
               residual, activation, statistics, accumulate, mask, channel_grads, narrow_dw] = s;
  const auto& [top, left, bottom, right] = pad;
  return base::concatenate(
      kPasses[int(pass)], " ", kTypes[int(dtype)], " images ", images, " of ", height, "x", width,
      "x", in, " to ", out, " kernel ", kernel, " stride ", stride, " pad ", top, ",", left, ",",
      bottom, ",", right, " exact ", exact, " bias ", bias, " residual ", residual, " activation ",
      kActivations[int(activation)], " statistics ", statistics, " accumulate ", accumulate,
      " mask ", kActivations[int(mask)], " channel_grads ", kChannelGrads[int(channel_grads)],
      " narrow_dw ", narrow_dw);
}

ConvPlan* ConvPlans::find(const ConvShape& shape) {
  auto [entry, absent] = plans_.try_emplace(shape);
  if (absent) entry->second = backend_.plan(shape);
  if (entry->second) macs_ += shape.macs();
  return entry->second.get();
}

ConvPlan& ConvPlans::at(const ConvShape& shape) {
  ConvPlan* plan = find(shape);
  SSD_CHECK(plan, "no plan on this device for ", describe(shape));
  return *plan;
}

}  // namespace engine
