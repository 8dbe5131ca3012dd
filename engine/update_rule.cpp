#include "engine/update_rule.h"

namespace engine {
namespace {

using kernels::Queue, kernels::UpdateBuffers, kernels::UpdateOptions, kernels::View;

UpdateRule momentum_rule(const kernels::SgdOptions& rule) {
  return {.buffers = {"momentum"},
          .l2 = rule.weight_decay,
          .update = [rule](Queue queue, const UpdateBuffers& b, std::span<const View> own,
                           const UpdateOptions& o) { kernels::sgd(queue, b, own[0], o, rule); }};
}

UpdateRule adamw_rule(const kernels::AdamWOptions& rule) {
  return {.buffers = {"first_moment", "second_moment"},
          .update = [rule](Queue queue, const UpdateBuffers& b, std::span<const View> own,
                           const UpdateOptions& o) {
            kernels::adamw(queue, b, own[0], own[1], o, rule);
          }};
}

}  // namespace

UpdateRule make_rule(const RuleOptions& o) {
  return o.kind == RuleKind::adamw ? adamw_rule(o.adamw) : momentum_rule(o.momentum);
}

std::string name_of(RuleKind kind) { return kind == RuleKind::adamw ? "adamw" : "momentum"; }

}  // namespace engine
