#include "engine/conv/conv.h"

#include "engine/backend.h"
#include "engine/base/error.h"

namespace engine {

namespace {

// Otherwise shapes that differ only in the fusions of other passes would be two keys of one plan.
bool fuses_own_pass_only(const ConvShape& s) {
  ConvShape own = unfused(s, s.pass);
  if (s.pass == ConvPass::forward) own.forward = s.forward;
  if (s.pass == ConvPass::grad_input) own.grad_input = s.grad_input;
  if (s.pass == ConvPass::grad_weight) own.grad_weight = s.grad_weight;
  return own == s;
}

}  // namespace

ConvPlan* ConvPlans::find(const ConvShape& shape) {
  auto [entry, absent] = plans_.try_emplace(shape);
  if (absent) {
    SSD_CHECK(fuses_own_pass_only(shape), "a fusion of another pass in ", describe(shape));
    entry->second = backend_.plan(shape);
  }
  if (entry->second) macs_ += shape.macs();
  return entry->second.get();
}

ConvPlan& ConvPlans::at(const ConvShape& shape) {
  ConvPlan* plan = find(shape);
  SSD_CHECK(plan, "no plan on this device for ", describe(shape));
  return *plan;
}

}  // namespace engine
