#include "engine/precision.h"

#include <optional>
#include <utility>

#include "engine/base/error.h"

namespace engine {
namespace {

struct Preset {
  const char* name;
  Precision precision;
};

const Preset kPresets[] = {
    {"fp32", {DType::f32, DType::f32, DType::f32, true, false}},
    {"tf32", {DType::f32, DType::f32, DType::f32, false, false}},
    {"bf16", {DType::bf16, DType::bf16, DType::f32, false, false}},
    {"fp16", {DType::f16, DType::f16, DType::f32, false, true, Narrowing::if_faster}},
    {"f64", {DType::f64, DType::f64, DType::f64, true, false}},
};

constexpr std::pair<const char*, std::optional<Narrowing>> kWeightGradients[] = {
    {"auto", std::nullopt}, {"exact", Narrowing::never}, {"half", Narrowing::if_faster}};

}  // namespace

Precision precision_named(const std::string& name) {
  for (const Preset& preset : kPresets)
    if (name == preset.name) return preset.precision;
  std::string known;
  for (const std::string& each : precision_names()) known += (known.empty() ? "" : ", ") + each;
  base::fail(base::ExitCode::usage, "unknown precision '", name, "': expected one of ", known);
}

std::vector<std::string> precision_names() {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets)
    if (preset.precision.master != DType::f64) names.push_back(preset.name);
  return names;
}

std::vector<std::string> weight_gradient_names() {
  std::vector<std::string> names;
  for (const auto& [name, narrowing] : kWeightGradients) names.push_back(name);
  return names;
}

Precision with_weight_gradients(Precision precision, const std::string& name) {
  for (const auto& [known, narrowing] : kWeightGradients)
    if (name == known && narrowing) precision.narrowing = *narrowing;
  return precision;
}

}  // namespace engine
