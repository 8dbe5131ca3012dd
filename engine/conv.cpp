#include "engine/conv.h"

#include "engine/backend.h"

namespace engine {

ConvPlan& ConvPlans::at(const ConvShape& shape) {
  auto& plan = plans_[shape];
  if (!plan) plan = backend_.plan(shape);
  return *plan;
}

}  // namespace engine
