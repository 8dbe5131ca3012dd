// The rules that an optimiser can follow. A rule says which buffers it keeps and queues one update;
// engine/optimizer.h owns the buffers.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/adamw.h"
#include "kernels/sgd.h"

namespace engine {

enum class RuleKind { momentum, adamw };

struct RuleOptions {
  RuleKind kind = RuleKind::momentum;
  kernels::SgdOptions momentum;
  kernels::AdamWOptions adamw;
};

struct UpdateRule {
  // Names of the buffers, one value per trained weight, zero at the start. Checkpoints store them
  // as optimizer/<name>/<parameter>.
  std::vector<std::string> buffers;
  double l2 = 0;  // weight of the L2 loss that the rule adds to the gradient
  std::function<void(kernels::Queue, const kernels::UpdateBuffers&, std::span<const kernels::View>,
                     const kernels::UpdateOptions&)>
      update;  // the views are those of `buffers`
};

UpdateRule make_rule(const RuleOptions&);
std::string name_of(RuleKind);  // as train.optimizer.kind has it

}  // namespace engine
