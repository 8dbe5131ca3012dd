#include "kernels/adamw.h"

#include "kernels/dispatch_accumulator.h"
#include "kernels/update_elements.h"

namespace kernels {
namespace {

// One element: computes the two factors that all weights share, in f64, and rounds them once.
template <class A> struct BiasCorrection {
  const OptimizerState* state;
  A* correction;
  double beta1, beta2;

  HD void operator()(int) const {
    const double t = double(state->step + 1);
    correction[0] = A(state->learning_rate / (1 - std::pow(beta1, t)));
    correction[1] = A(1 / std::sqrt(1 - std::pow(beta2, t)));
  }
};

template <class A> struct AdamWElement {
  A *first, *second;
  A rate, root;  // of BiasCorrection
  AdamWOptions o;

  HD A operator()(int i, A w, A gradient, A clip, const OptimizerState& state) const {
    const A g = gradient * clip;
    const A m = A(o.beta1) * first[i] + A(1 - o.beta1) * g;
    const A v = A(o.beta2) * second[i] + A(1 - o.beta2) * (g * g);
    first[i] = m;
    second[i] = v;
    const A kept = w * A(1 - state.learning_rate * o.weight_decay);
    return kept - rate * m / (std::sqrt(v) * root + A(o.epsilon));
  }
};

template <class A> struct AdamWRule {
  A *first, *second;
  const A* correction;
  AdamWOptions o;

  HD AdamWElement<A> loaded() const { return {first, second, correction[0], correction[1], o}; }
  AdamWRule without_decay(int64_t from) const {
    AdamWRule rest{first + from, second + from, correction, o};
    rest.o.weight_decay = 0;
    return rest;
  }
};

}  // namespace

void adamw(Queue queue, const UpdateBuffers& b, View first, View second, const UpdateOptions& o,
           const AdamWOptions& rule) {
  begin_update(queue, b, o, 0);
  dispatch_accumulator(b.weight.dtype, [&]<class A>() {
    A* correction = b.scratch.as<A>();
    each(queue, 1, BiasCorrection<A>{b.state, correction, rule.beta1, rule.beta2});
    update_weights<A>(queue, b, o, AdamWRule<A>{first.as<A>(), second.as<A>(), correction, rule});
  });
  end_update(queue, b.state, o.loss_scale);
}

}  // namespace kernels
