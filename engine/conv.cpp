#include "engine/conv.h"

#include "engine/backend.h"

namespace engine {

ConvPlan& ConvPlans::at(const ConvShape& shape) {
  auto& plan = plans_[shape];
  if (!plan) plan = backend_.plan(shape);
  macs_ += shape.macs();
  return *plan;
}

}  // namespace engine
