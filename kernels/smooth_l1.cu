#include "kernels/smooth_l1.h"

#include "kernels/level_chunks.h"

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

template <class T> struct Inputs {  // what both passes read
  LevelChunks chunks;
  LevelPointers<const T> prediction;
  const Acc<T>*targets, *weights;
  Acc<T> delta;

  explicit Inputs(const SmoothL1& s)
      : chunks(s.prediction, 4, kAnchorsPerChunk),
        prediction(s.prediction),
        targets(s.targets.as<Acc<T>>()),
        weights(s.weights.as<Acc<T>>()),
        delta(Acc<T>(s.delta)) {}
};

template <class T> struct SmoothL1Forward {  // one block per chunk of an image
  Inputs<T> in;
  Acc<T>* partial;

  template <class Block> HD void operator()(Block block) const {
    using A = Acc<T>;
    auto chunk = in.chunks.chunk(block.index);
    const T* prediction = in.prediction[chunk.level] + chunk.first * 4;
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
  Inputs<T> in;
  const Acc<T>* dloss;
  LevelPointers<T> dprediction;

  template <class Block> HD void operator()(Block block) const {
    using A = Acc<T>;
    auto chunk = in.chunks.chunk(block.index);
    const T* prediction = in.prediction[chunk.level] + chunk.first * 4;
    const A* targets = in.targets + chunk.first_target * 4;
    const A* weights = in.weights + chunk.first_target;
    T* out = dprediction[chunk.level] + chunk.first * 4;
    A delta = in.delta, factor = dloss[chunk.image];
    block.each(chunk.anchors * 4, [=](int i) {
      A slope = huber_slope(A(prediction[i]) - targets[i], delta);
      out[i] = T(factor * weights[i / 4] * slope);
    });
  }
};

}  // namespace

int64_t smooth_l1_chunks(const SmoothL1& s) {
  return LevelChunks(s.prediction, 4, kAnchorsPerChunk).count;
}

void smooth_l1_forward(Queue queue, const SmoothL1& s, View partial, View loss) {
  if (s.images() == 0) return;
  dispatch(s.prediction[0].dtype, [&]<class T>() {
    Inputs<T> in(s);
    const int chunks = in.chunks.count;
    auto* sums = partial.as<Acc<T>>();
    blocks<256>(queue, s.images() * chunks, SmoothL1Forward<T>{in, sums});
    blocks<256>(queue, s.images(), ChunkSums<Acc<T>>{sums, chunks, loss.as<Acc<T>>()});
  });
}

void smooth_l1_backward(Queue queue, const SmoothL1& s, View dloss,
                        const std::vector<View>& dprediction) {
  if (s.images() == 0) return;
  dispatch(s.prediction[0].dtype, [&]<class T>() {
    Inputs<T> in(s);
    blocks<256>(queue, s.images() * in.chunks.count,
                SmoothL1Backward<T>{in, dloss.as<Acc<T>>(), LevelPointers<T>(dprediction)});
  });
}

}  // namespace kernels
