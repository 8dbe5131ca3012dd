#include "engine/cublaslt/gemm_choices.h"

#include <utility>

#include "engine/base/error.h"

namespace engine {

GemmPlans* GemmChoices::library() {
  if (std::exchange(opened_, true)) return library_.get();
  try {
    library_ = make_cublaslt_plans();
  } catch (const base::Error& error) {
    tell_(base::concatenate("1x1 convolutions are left to cuDNN alone: ", error.what()));
  }
  return library_.get();
}

std::string GemmChoices::key_of(const ConvShape& shape) {
  if (!gemm_candidate(shape)) return "";
  return library() ? " " + library()->version() : " no cuBLASLt";
}

std::vector<ConvChoice> GemmChoices::choices(const ConvShape& shape) {
  std::vector<ConvChoice> all;
  const auto candidate = gemm_candidate(shape);
  if (!candidate || !library()) return all;
  for (GemmPlans::Plan& found : library()->find(candidate->inner))
    all.push_back({candidate->name, false, std::move(found.text),
                   make_staged_conv(shape, candidate->inner, std::move(found.plan))});
  return all;
}

std::optional<ConvChoice> GemmChoices::restore(const ConvShape& shape, const std::string& name,
                                               const std::string& plan_text) {
  const auto candidate = gemm_candidate(shape);
  if (!candidate || candidate->name != name || !library()) return std::nullopt;
  auto plan = library()->restore(candidate->inner, plan_text);
  if (!plan) return std::nullopt;
  return ConvChoice{name, false, plan_text,
                    make_staged_conv(shape, candidate->inner, std::move(plan))};
}

}  // namespace engine
