// The update of single weights around an optimiser's rule. For .cu files alone.
#pragma once
#include "kernels/simt.h"
#include "kernels/update.h"

namespace kernels {

// Updates one weight. `rule(i, w, g, clip, state)` is the new weight, where g is the unscaled
// gradient and g * clip the clipped one.
template <class A, class W, class Rule> struct UpdateElement {
  Rule rule;
  A* weight;
  const A* gradient;
  W* working;
  A* average;
  OptimizerState state;
  A clip, average_kept, average_taken;

  HD void operator()(int i) const {
    if (!state.finite) return;
    const A w = rule(i, weight[i], gradient[i] * A(state.gradient_factor), clip, state);
    weight[i] = w;
    if (working) working[i] = W(w);
    if (average) average[i] = average_kept * average[i] + average_taken * w;
  }
};

// The kernel for weights that share a rule. rule.without_decay(k) is the rule for the weights from
// k on, which are not decayed.
template <class A, class W, class Rule> struct Update {
  Rule rule;
  A* weight;
  const A* gradient;
  W* working;
  A* average;
  const OptimizerState* state;
  double clip_norm, average_decay;

  HD auto loaded() const {
    const OptimizerState now = *state;
    const A clip =
        A(clip_norm > 0 && now.gradient_norm > clip_norm ? clip_norm / now.gradient_norm : 1);
    const auto element_rule = kernels::loaded(rule);
    return UpdateElement<A, W, std::remove_const_t<decltype(element_rule)>>{
        element_rule, weight, gradient, working,          average,
        now,          clip,   A(average_decay), A(1 - average_decay)};
  }
};

template <class A, class W, class Rule>
void update_elements(Queue queue, const UpdateBuffers& b, const UpdateOptions& o,
                     const Rule& rule) {
  const int64_t n = b.weight.shape.size();
  Update<A, W, Rule> step{
      rule,    b.weight.as<A>(), b.gradient.as<A>(), b.working.as<W>(), b.average.as<A>(),
      b.state, o.clip_norm,      o.average_decay};
  each(queue, b.decayed, step);
  Update<A, W, Rule> rest = step;  // biases and batch norms: no decay, no working copy
  rest.rule = rule.without_decay(b.decayed);
  rest.weight += b.decayed;
  rest.gradient += b.decayed;
  rest.average = step.average ? step.average + b.decayed : nullptr;
  rest.working = nullptr;
  each(queue, n - b.decayed, rest);
}

// Calls update_elements() with the type of the working copies; A is the master's.
template <class A, class Rule>
void update_weights(Queue queue, const UpdateBuffers& b, const UpdateOptions& o, const Rule& rule) {
  if (b.working)
    dispatch(b.working.dtype, [&]<class W>() { update_elements<A, W>(queue, b, o, rule); });
  else
    update_elements<A, A>(queue, b, o, rule);
}

}  // namespace kernels
