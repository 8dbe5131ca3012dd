#include "kernels/update.h"

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
  double divisor, l2;
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
    const A decay = A(l2);
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
  UpdateOptions options;
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

struct EndUpdate {  // one element: the state machine
  OptimizerState* state;
  LossScaleOptions options;
  HD void operator()(int) const { advance(*state, options); }
};

template <class A> struct Exchange {  // one element
  A *first, *second;
  HD void operator()(int i) const {
    const A kept = first[i];
    first[i] = second[i];
    second[i] = kept;
  }
};

template <class A>
void begin(Queue queue, const UpdateBuffers& b, const UpdateOptions& o, double l2) {
  const int64_t n = b.weight.shape.size(), count = chunks(n);
  A *squares = b.scratch.as<A>() + kRuleScratch, *faults = squares + count;
  const int norm_wanted = o.clip_norm > 0;
  blocks<256>(queue, count,
              GradientChunk<A>{b.gradient.as<A>(), b.weight.as<A>(), b.state, squares, faults,
                               o.divisor, l2, n, b.decayed, norm_wanted});
  blocks<256>(queue, 1, BeginUpdate<A>{squares, faults, b.state, o, int(count), norm_wanted});
}

}  // namespace

int64_t update_scratch(int64_t n) { return kRuleScratch + 2 * chunks(n); }

void begin_update(Queue queue, const UpdateBuffers& b, const UpdateOptions& o, double l2) {
  dispatch_accumulator(b.weight.dtype, [&]<class A>() { begin<A>(queue, b, o, l2); });
}

void end_update(Queue queue, OptimizerState* state, const LossScaleOptions& o) {
  each(queue, 1, EndUpdate{state, o});
}

void exchange(Queue queue, View first, View second) {
  dispatch_accumulator(first.dtype, [&]<class A>() {
    each(queue, first.shape.size(), Exchange<A>{first.as<A>(), second.as<A>()});
  });
}

}  // namespace kernels
