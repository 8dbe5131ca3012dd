#include "kernels/smooth_l1.h"

#include "kernels/chunk_sums.h"

namespace kernels {
namespace {

constexpr int kAnchorsPerChunk = 1024;

template <class A> HD A huber(A error, A delta) {
  A size = error < A(0) ? -error : error;
  return size <= delta ? A(0.5) * error * error : delta * (size - A(0.5) * delta);
}

template <class A> HD A huber_slope(A error, A delta) {
  return error > delta ? delta : error < -delta ? -delta : error;
}

template <class T> struct Level {  // what both passes read
  const T* prediction;
  const Acc<T>*targets, *weights;
  int64_t first_anchor, anchors, all_anchors;
  int chunks;
  Acc<T> delta;

  struct Chunk {
    int64_t image, first, first_target;  // image; anchors among this level's and among all
    int anchors;
  };

  explicit Level(const SmoothL1& s)
      : prediction(s.prediction.as<T>()),
        targets(s.targets.as<Acc<T>>()),
        weights(s.weights.as<Acc<T>>()),
        first_anchor(s.first_anchor),
        anchors(s.anchors()),
        all_anchors(s.weights.shape[1]),
        chunks(int(smooth_l1_chunks(s))),
        delta(Acc<T>(s.delta)) {}

  HD Chunk chunk(int64_t index) const {
    int64_t image = index / chunks, first = index % chunks * kAnchorsPerChunk;
    int64_t left = anchors - first;
    return {image, image * anchors + first, image * all_anchors + first_anchor + first,
            left < kAnchorsPerChunk ? int(left) : kAnchorsPerChunk};
  }
};

template <class T> struct SmoothL1Forward {  // one block per chunk of an image
  Level<T> in;
  Acc<T>* partial;

  template <class Block> HD void operator()(Block block) const {
    using A = Acc<T>;
    auto chunk = in.chunk(block.index);
    const T* prediction = in.prediction + chunk.first * 4;
    const A* targets = in.targets + chunk.first_target * 4;
    const A* weights = in.weights + chunk.first_target;
    A delta = in.delta;
    A sum = block.reduce(chunk.anchors * 4, A(0), Sum{}, [=](int i) {
      return weights[i / 4] * huber(A(prediction[i]) - targets[i], delta);
    });
    block.once([&] { partial[block.index] = sum; });
  }
};

template <class T> struct SmoothL1Backward {  // one block per chunk of an image
  Level<T> in;
  const Acc<T>* dloss;
  T* dprediction;

  template <class Block> HD void operator()(Block block) const {
    using A = Acc<T>;
    auto chunk = in.chunk(block.index);
    const T* prediction = in.prediction + chunk.first * 4;
    const A* targets = in.targets + chunk.first_target * 4;
    const A* weights = in.weights + chunk.first_target;
    T* out = dprediction + chunk.first * 4;
    A delta = in.delta, factor = dloss[chunk.image];
    block.each(chunk.anchors * 4, [=](int i) {
      A slope = huber_slope(A(prediction[i]) - targets[i], delta);
      out[i] = T(factor * weights[i / 4] * slope);
    });
  }
};

}  // namespace

int64_t smooth_l1_chunks(const SmoothL1& s) {
  return (s.anchors() + kAnchorsPerChunk - 1) / kAnchorsPerChunk;
}

void smooth_l1_forward(Queue queue, const SmoothL1& s, View partial, View loss) {
  if (s.images() == 0) return;
  dispatch(s.prediction.dtype, [&]<class T>() {
    Level<T> level(s);
    auto* sums = partial.as<Acc<T>>();
    blocks<256>(queue, s.images() * level.chunks, SmoothL1Forward<T>{level, sums});
    blocks<256>(queue, s.images(), ChunkSums<Acc<T>>{sums, level.chunks, loss.as<Acc<T>>()});
  });
}

void smooth_l1_backward(Queue queue, const SmoothL1& s, View dloss, View dprediction) {
  if (s.images() == 0) return;
  dispatch(s.prediction.dtype, [&]<class T>() {
    Level<T> level(s);
    blocks<256>(queue, s.images() * level.chunks,
                SmoothL1Backward<T>{level, dloss.as<Acc<T>>(), dprediction.as<T>()});
  });
}

}  // namespace kernels
