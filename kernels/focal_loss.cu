#include "kernels/focal_loss.h"

#include "kernels/chunk_sums.h"
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

template <class T, bool kSquare> struct Level {  // what both passes read
  const T* logits;
  const int32_t* classes;
  const Acc<T>* weights;
  int64_t first_anchor, anchors, all_anchors;
  int columns, anchors_per_chunk, chunks;
  Acc<T> gamma, positive, negative;  // alpha_t
  float per_column;                  // 1 / columns

  struct Chunk {
    int64_t image, first_element, first_target;
    int elements;
  };

  explicit Level(const FocalLoss& f)
      : logits(f.logits.as<T>()),
        classes(f.classes.as<int32_t>()),
        weights(f.weights.as<Acc<T>>()),
        first_anchor(f.first_anchor),
        anchors(f.anchors()),
        all_anchors(f.classes.shape[1]),
        columns(f.columns),
        anchors_per_chunk(columns < kElements ? kElements / columns : 1),
        chunks(int((anchors + anchors_per_chunk - 1) / anchors_per_chunk)),
        gamma(Acc<T>(f.options.gamma)),
        positive(Acc<T>(f.options.alpha.value_or(1))),
        negative(f.options.alpha ? Acc<T>(1 - *f.options.alpha) : Acc<T>(1)),
        per_column(1.f / float(columns)) {}

  HD Chunk chunk(int64_t index) const {
    int64_t image = index / chunks, first = index % chunks * anchors_per_chunk;
    int64_t left = anchors - first;
    int count = left < anchors_per_chunk ? int(left) : anchors_per_chunk;
    return {image, (image * anchors + first) * columns, image * all_anchors + first_anchor + first,
            count * columns};
  }

  // Exact, since elements of a chunk are few; unlike integer division it vectorises.
  HD int anchor_of(int element) const { return int((float(element) + 0.5f) * per_column); }
};

template <class T, bool kSquare> struct FocalLossForward {  // one block per chunk of an image
  Level<T, kSquare> in;
  Acc<T>* partial;

  template <class Block> HD void operator()(Block block) const {
    using A = Acc<T>;
    auto chunk = in.chunk(block.index);
    const T* logits = in.logits + chunk.first_element;
    const int32_t* classes = in.classes + chunk.first_target;
    const A* weights = in.weights + chunk.first_target;
    Level<T, kSquare> level = in;
    A sum = block.reduce(chunk.elements, A(0), Sum{}, [=](int i) {
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
  Level<T, kSquare> in;
  const Acc<T>* dloss;
  T* dlogits;

  template <class Block> HD void operator()(Block block) const {
    using A = Acc<T>;
    auto chunk = in.chunk(block.index);
    const T* logits = in.logits + chunk.first_element;
    const int32_t* classes = in.classes + chunk.first_target;
    const A* weights = in.weights + chunk.first_target;
    T* out = dlogits + chunk.first_element;
    Level<T, kSquare> level = in;
    A factor = dloss[chunk.image];
    block.each(chunk.elements, [=](int i) {
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
  dispatch(f.logits.dtype, [&]<class T>() {
    if (f.options.gamma == 2)
      run.template operator()<T, true>();
    else
      run.template operator()<T, false>();
  });
}

}  // namespace

int64_t focal_loss_chunks(const FocalLoss& f) {
  int64_t per_chunk = f.columns < kElements ? kElements / f.columns : 1;
  return (f.anchors() + per_chunk - 1) / per_chunk;
}

void focal_loss_forward(Queue queue, const FocalLoss& f, View partial, View loss) {
  if (f.images() == 0) return;
  dispatch_gamma(f, [&]<class T, bool kSquare>() {
    Level<T, kSquare> level(f);
    auto* sums = partial.as<Acc<T>>();
    blocks<256>(queue, f.images() * level.chunks, FocalLossForward<T, kSquare>{level, sums});
    blocks<256>(queue, f.images(), ChunkSums<Acc<T>>{sums, level.chunks, loss.as<Acc<T>>()});
  });
}

void focal_loss_backward(Queue queue, const FocalLoss& f, View dloss, View dlogits) {
  if (f.images() == 0) return;
  dispatch_gamma(f, [&]<class T, bool kSquare>() {
    Level<T, kSquare> level(f);
    blocks<256>(queue, f.images() * level.chunks,
                FocalLossBackward<T, kSquare>{level, dloss.as<Acc<T>>(), dlogits.as<T>()});
  });
}

}  // namespace kernels
