#include "kernels/focal_loss.h"

#include "kernels/level_chunks.h"
#include "kernels/vector_math.h"

namespace kernels {
namespace {

constexpr int kElements = 4096;  // about as many per block

// The loss of one logit x, told from y = x where the target is 0 and y = -x where it is 1: then
// 1 - p_t = sigmoid(y) and -ln p_t = softplus(y). kSquare: gamma is 2.
template <class A, bool kSquare> struct Focal {
  A gamma;
  A sigmoid_y, softplus_y, one_minus_sigmoid, power;

  HD Focal(A y, A gamma_value) : gamma(gamma_value) {
    A e = portable_exp(y < A(0) ? y : -y);
    A log_term = portable_log1p(e), over = A(1) / (A(1) + e);
    sigmoid_y = y < A(0) ? e * over : over;
    one_minus_sigmoid = y < A(0) ? over : e * over;
    softplus_y = (y > A(0) ? y : A(0)) + log_term;
    // sigmoid(y)^gamma = e^(-gamma * softplus(-y))
    if constexpr (kSquare)
      power = sigmoid_y * sigmoid_y;
    else
      power = portable_exp(-gamma * ((y < A(0) ? -y : A(0)) + log_term));
  }
  HD A loss() const { return power * softplus_y; }
  HD A slope() const { return power * (gamma * one_minus_sigmoid * softplus_y + sigmoid_y); }
};

int anchors_per_chunk(const FocalLoss& f) {
  return f.columns < kElements ? kElements / f.columns : 1;
}

template <class T, bool kSquare> struct Inputs {  // what both passes read
  LevelChunks chunks;
  LevelPointers<const T> logits;
  const int32_t* classes;
  const Acc<T>* weights;
  int columns;
  Acc<T> gamma, positive, negative;  // alpha_t
  float per_column;                  // 1 / columns

  explicit Inputs(const FocalLoss& f)
      : chunks(f.logits, f.columns, anchors_per_chunk(f)),
        logits(f.logits),
        classes(f.classes.as<int32_t>()),
        weights(f.weights.as<Acc<T>>()),
        columns(f.columns),
        gamma(Acc<T>(f.options.gamma)),
        positive(Acc<T>(f.options.alpha.value_or(1))),
        negative(f.options.alpha ? Acc<T>(1 - *f.options.alpha) : Acc<T>(1)),
        per_column(1.f / float(columns)) {}

  // Exact, since elements of a chunk are few; unlike integer division it vectorises.
  HD int anchor_of(int element) const { return int((float(element) + 0.5f) * per_column); }
};

template <class T, bool kSquare> struct FocalLossForward {  // one block per chunk of an image
  Inputs<T, kSquare> in;
  Acc<T>* partial;

  template <class Block> HD void operator()(Block block) const {
    using A = Acc<T>;
    auto chunk = in.chunks.chunk(block.index);
    const T* logits = in.logits[chunk.level] + chunk.first * in.columns;
    const int32_t* classes = in.classes + chunk.first_target;
    const A* weights = in.weights + chunk.first_target;
    Inputs<T, kSquare> level = in;
    A sum = block.reduce(chunk.anchors * in.columns, A(0), Sum{}, [=](int i) {
      int anchor = level.anchor_of(i), column = i - anchor * level.columns;
      bool hit = column == classes[anchor] && column > 0;
      A x = A(logits[i]);
      Focal<A, kSquare> focal(hit ? -x : x, level.gamma);
      return weights[anchor] * (hit ? level.positive : level.negative) * focal.loss();
    });
    block.once([&] { partial[block.index] = sum; });
  }
};

template <class T, bool kSquare> struct FocalLossBackward {  // one block per chunk of an image
  Inputs<T, kSquare> in;
  const Acc<T>* dloss;
  LevelPointers<T> dlogits;

  template <class Block> HD void operator()(Block block) const {
    using A = Acc<T>;
    auto chunk = in.chunks.chunk(block.index);
    const T* logits = in.logits[chunk.level] + chunk.first * in.columns;
    const int32_t* classes = in.classes + chunk.first_target;
    const A* weights = in.weights + chunk.first_target;
    T* out = dlogits[chunk.level] + chunk.first * in.columns;
    Inputs<T, kSquare> level = in;
    A factor = dloss[chunk.image];
    block.each(chunk.anchors * in.columns, [=](int i) {
      int anchor = level.anchor_of(i), column = i - anchor * level.columns;
      bool hit = column == classes[anchor] && column > 0;
      A x = A(logits[i]);
      Focal<A, kSquare> focal(hit ? -x : x, level.gamma);
      A scale = factor * weights[anchor] * (hit ? -level.positive : level.negative);
      out[i] = T(scale * focal.slope());
    });
  }
};

template <class F> void dispatch_gamma(const FocalLoss& f, F run) {
  dispatch(f.logits[0].dtype, [&]<class T>() {
    if (f.options.gamma == 2)
      run.template operator()<T, true>();
    else
      run.template operator()<T, false>();
  });
}

}  // namespace

int64_t focal_loss_chunks(const FocalLoss& f) {
  return LevelChunks(f.logits, f.columns, anchors_per_chunk(f)).count;
}

void focal_loss_forward(Queue queue, const FocalLoss& f, View partial, View loss) {
  if (f.images() == 0) return;
  dispatch_gamma(f, [&]<class T, bool kSquare>() {
    Inputs<T, kSquare> in(f);
    const int chunks = in.chunks.count;
    auto* sums = partial.as<Acc<T>>();
    blocks<256>(queue, f.images() * chunks, FocalLossForward<T, kSquare>{in, sums});
    blocks<256>(queue, f.images(), ChunkSums<Acc<T>>{sums, chunks, loss.as<Acc<T>>()});
  });
}

void focal_loss_backward(Queue queue, const FocalLoss& f, View dloss,
                         const std::vector<View>& dlogits) {
  if (f.images() == 0) return;
  dispatch_gamma(f, [&]<class T, bool kSquare>() {
    Inputs<T, kSquare> in(f);
    blocks<256>(queue, f.images() * in.chunks.count,
                FocalLossBackward<T, kSquare>{in, dloss.as<Acc<T>>(), LevelPointers<T>(dlogits)});
  });
}

}  // namespace kernels
