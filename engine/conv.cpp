#include "engine/conv.h"

#include "engine/backend.h"
#include "engine/error.h"

namespace engine {

ConvPlan* ConvPlans::find(const ConvShape& shape) {
  auto [entry, absent] = plans_.try_emplace(shape);
  if (absent) entry->second = backend_.plan(shape);
  if (entry->second) macs_ += shape.macs();
  return entry->second.get();
}

ConvPlan& ConvPlans::at(const ConvShape& shape) {
  ConvPlan* plan = find(shape);
  SSD_CHECK(plan, "no plan for this convolution on this device");
  return *plan;
}

}  // namespace engine
