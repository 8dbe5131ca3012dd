#include "kernels/sgd.h"

#include "kernels/dispatch_accumulator.h"
#include "kernels/simt.h"

namespace kernels {
namespace {

constexpr int kChunk = 16384;  // elements that one block sums up

int64_t chunks(int64_t n) { return (n + kChunk - 1) / kChunk; }

template <class A>
struct GradientChunk {  // one block per chunk: whether all is finite, and the sum of squares
  const A *gradient, *weight;
  const OptimizerState* state;
  A* squares;
  A* faults;
  double divisor, weight_decay;
  int64_t n, decayed;
  int norm_wanted;

  template <class Block> HD void operator()(Block block) const {
    const int64_t first = block.index * kChunk;
    const int count = int(n - first < kChunk ? n - first : kChunk);
    const A* g = gradient + first;
    A fault =
        block.reduce(count, A(0), Max{}, [&](int i) { return g[i] - g[i] == A(0) ? A(0) : A(1); });
    block.once([&] { faults[block.index] = fault; });
    if (!norm_wanted) return;
    const A* w = weight + first;
    const A scale = A(1 / (state->loss_scale * divisor));
    const int until = int(decayed - first < 0       ? 0
                          : decayed - first < count ? decayed - first
                                                    : count);
    const A decay = A(weight_decay);
    A sum = block.reduce(count, A(0), Sum{}, [&](int i) {
      A x = g[i] * scale + (i < until ? decay * w[i] : A(0));
      return x * x;
    });
    block.once([&] { squares[block.index] = sum; });
  }
};

template <class A>
struct BeginUpdate {  // one block: combines the chunks, and fixes this update's numbers
  const A *squares, *faults;
  OptimizerState* state;
  SgdOptions options;
  int chunk_count, norm_wanted;

  template <class Block> HD void operator()(Block block) const {
    A fault = block.reduce(chunk_count, A(0), Max{}, [&](int i) { return faults[i]; });
    A sum = norm_wanted ? block.reduce(chunk_count, A(0), Sum{}, [&](int i) { return squares[i]; })
                        : A(0);
    block.once([&] {
      OptimizerState& s = *state;
      s.finite = fault == A(0);
      s.learning_rate = options.schedule.at(s.step);
      s.gradient_norm = std::sqrt(double(sum));
      s.gradient_factor = 1 / (s.loss_scale * options.divisor);
    });
  }
};

template <class A, class W> struct SgdUpdate {  // one element: one weight
  A *weight, *momentum;
  const A* gradient;
  W* working;
  A* average;
  const OptimizerState* state;
  double mu, weight_decay, clip_norm, average_decay;

  HD void operator()(int i) const {
    if (!state->finite) return;
    const A clip =
        A(clip_norm > 0 && state->gradient_norm > clip_norm ? clip_norm / state->gradient_norm : 1);
    A w = weight[i];
    A g = (gradient[i] * A(state->gradient_factor) + A(weight_decay) * w) * clip;
    A m = A(mu) * momentum[i] + g;
    w -= A(state->learning_rate) * m;
    momentum[i] = m;
    weight[i] = w;
    if (working) working[i] = W(w);
    if (average) average[i] = A(average_decay) * average[i] + A(1 - average_decay) * w;
  }
};

struct EndUpdate {  // one element: the state machine
  OptimizerState* state;
  LossScaleOptions options;
  HD void operator()(int) const { advance(*state, options); }
};

template <class A, class W> void update(Queue queue, const SgdBuffers& b, const SgdOptions& o) {
  const int64_t n = b.weight.shape.size();
  SgdUpdate<A, W> step{b.weight.as<A>(),  b.momentum.as<A>(), b.gradient.as<A>(),
                       b.working.as<W>(), b.average.as<A>(),  b.state,
                       o.momentum,        o.weight_decay,     o.clip_norm,
                       o.average_decay};
  each(queue, b.decayed, step);
  SgdUpdate<A, W> rest = step;  // biases and batch norms: no decay, no working copy
  rest.weight += b.decayed;
  rest.momentum += b.decayed;
  rest.gradient += b.decayed;
  rest.average = step.average ? step.average + b.decayed : nullptr;
  rest.working = nullptr;
  rest.weight_decay = 0;
  each(queue, n - b.decayed, rest);
}

template <class A> void run(Queue queue, const SgdBuffers& b, const SgdOptions& o) {
  const int64_t n = b.weight.shape.size(), count = chunks(n);
  A *squares = b.scratch.as<A>(), *faults = squares + count;
  const int norm_wanted = o.clip_norm > 0;
  blocks<256>(queue, count,
              GradientChunk<A>{b.gradient.as<A>(), b.weight.as<A>(), b.state, squares, faults,
                               o.divisor, o.weight_decay, n, b.decayed, norm_wanted});
  blocks<256>(queue, 1, BeginUpdate<A>{squares, faults, b.state, o, int(count), norm_wanted});
  if (b.working)
    dispatch(b.working.dtype, [&]<class W>() { update<A, W>(queue, b, o); });
  else
    update<A, A>(queue, b, o);
  each(queue, 1, EndUpdate{b.state, o.loss_scale});
}

}  // namespace

int64_t sgd_scratch(int64_t n) { return 2 * (chunks(n) + 1); }

void sgd(Queue queue, const SgdBuffers& b, const SgdOptions& o) {
  dispatch_accumulator(b.weight.dtype, [&]<class A>() { run<A>(queue, b, o); });
}

}  // namespace kernels
