#include "kernels/sgd.h"

#include "kernels/dispatch_accumulator.h"
#include "kernels/update_elements.h"

namespace kernels {
namespace {

template <class A> struct SgdRule {
  A* momentum;
  double mu, weight_decay;

  HD A operator()(int i, A w, A gradient, A clip, const OptimizerState& state) const {
    A g = (gradient + A(weight_decay) * w) * clip;
    A m = A(mu) * momentum[i] + g;
    momentum[i] = m;
    return w - A(state.learning_rate) * m;
  }
  SgdRule without_decay(int64_t first) const { return {momentum + first, mu, 0}; }
};

}  // namespace

void sgd(Queue queue, const UpdateBuffers& b, View momentum, const UpdateOptions& o,
         const SgdOptions& rule) {
  begin_update(queue, b, o, rule.weight_decay);
  dispatch_accumulator(b.weight.dtype, [&]<class A>() {
    update_weights<A>(queue, b, o, SgdRule<A>{momentum.as<A>(), rule.momentum, rule.weight_decay});
  });
  end_update(queue, b.state, o.loss_scale);
}

}  // namespace kernels
