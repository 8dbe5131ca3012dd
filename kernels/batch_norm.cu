#include "kernels/batch_norm.h"

#include "kernels/batch_norm_constants.h"
#include "kernels/column_chunks.h"
#include "kernels/dispatch_accumulator.h"
#include "kernels/elementwise.h"

namespace kernels {
namespace {

// Partial sums of a chunk of rows, [chunks, kind, channels].
template <class A> struct Partial {
  A* data;
  int channels;
  HD A& operator()(int chunk, int kind, int c) const {
    return data[(int64_t(chunk) * 3 + kind) * channels + c];
  }
};

// Sums of d and d^2 of one chunk, where d = x - shift and the shift is the chunk's first value: a
// mean far from zero costs no digits.
template <class T> struct BatchNormStatistics {
  using Total = Acc<T>;
  static constexpr int kSums = 2;
  const T* x;
  Partial<Total> partial;
  int rows_per_chunk;

  template <int V> HD Channels<Total, V> channel(int first, int c) const {
    Channels<Total, V> shift;
    Pack<T, V> v = load<V>(x + int64_t(first) * partial.channels + c);
    UNROLL(8)
    for (int k = 0; k < V; ++k) shift.at[k] = Total(v.at[k]);
    return shift;
  }
  template <int V>
  HD void add(const Channels<Total, V>& shift, int row, int c, Total (&sum)[kSums][V]) const {
    Pack<T, V> v = load<V>(x + int64_t(row) * partial.channels + c);
    UNROLL(8)
    for (int k = 0; k < V; ++k) {
      Total d = Total(v.at[k]) - shift.at[k];
      sum[0][k] += d;
      sum[1][k] += d * d;
    }
  }
  HD void finish(int chunk, int c, const Total (&total)[kSums]) const {
    partial(chunk, 0, c) = total[0];
    partial(chunk, 1, c) = total[1];
    partial(chunk, 2, c) = Total(x[int64_t(chunk) * rows_per_chunk * partial.channels + c]);
  }
};

// Where the moments of a batch of `rows` pixels go.
template <class A> struct BatchNormResult {
  int rows;
  A *mean, *inv_std, *moving_mean, *moving_variance;
  A step, epsilon;

  HD void set(int c, double batch_mean, double variance) const {
    if (variance < 0) variance = 0;
    A m = A(batch_mean);
    mean[c] = m;
    inv_std[c] = A(1 / std::sqrt(variance + epsilon));
    double unbiased = rows > 1 ? variance * rows / (rows - 1) : variance;
    moving_mean[c] += step * (m - moving_mean[c]);
    moving_variance[c] += step * (A(unbiased) - moving_variance[c]);
  }
};

// The chunks' sums moved to the shift of chunk 0, in double; then the moments of the whole batch.
template <class A> struct BatchNormMerge {
  using Total = double;
  static constexpr int kSums = 2;
  Partial<A> partial;
  int rows_per_chunk;
  BatchNormResult<A> result;

  template <int V> HD Channels<double, V> channel(int, int c) const {
    Channels<double, V> shift;
    UNROLL(8)
    for (int k = 0; k < V; ++k) shift.at[k] = partial(0, 2, c + k);
    return shift;
  }
  template <int V>
  HD void add(const Channels<double, V>& shift, int chunk, int c, double (&sum)[kSums][V]) const {
    int left = result.rows - chunk * rows_per_chunk;
    double n = left < rows_per_chunk ? left : rows_per_chunk;
    UNROLL(8)
    for (int k = 0; k < V; ++k) {
      double moved = partial(chunk, 2, c + k) - shift.at[k], d = partial(chunk, 0, c + k);
      sum[0][k] += d + n * moved;
      sum[1][k] += partial(chunk, 1, c + k) + moved * (2 * d + n * moved);
    }
  }
  HD void finish(int, int c, const double (&total)[kSums]) const {
    double offset = total[0] / result.rows;
    result.set(c, partial(0, 2, c) + offset, total[1] / result.rows - offset * offset);
  }
};

template <class A> struct BatchNormMomentsOfSums {  // one element: one channel
  const A *sum, *sum_of_squares;
  BatchNormResult<A> result;
  HD void operator()(int c) const {
    double mean = double(sum[c]) / result.rows;
    result.set(c, mean, double(sum_of_squares[c]) / result.rows - mean * mean);
  }
};

// Means and variances of equally large batches, in f64; the variance between the batches is added
// to the mean variance within them.
template <class A> struct BatchNormMomentsOfRanks {  // one element: one channel
  const A* gathered;
  int ranks, rows_of_rank, channels;
  BatchNormResult<A> result;
  HD A at(int rank, int kind, int c) const {
    return gathered[(int64_t(rank) * 2 + kind) * channels + c];
  }
  HD void operator()(int c) const {
    double mean = 0, variance = 0;
    for (int r = 0; r < ranks; ++r) mean += double(at(r, 0, c));
    mean /= ranks;
    double biased = rows_of_rank > 1 ? double(rows_of_rank - 1) / rows_of_rank : 1;
    for (int r = 0; r < ranks; ++r) {
      double d = double(at(r, 0, c)) - mean;
      variance += double(at(r, 1, c)) * biased + d * d;
    }
    result.set(c, mean, variance / ranks);
  }
};

template <class A> struct MeanOfRanks {  // one element
  const A* gathered;
  A* mean;
  int ranks, elements;
  HD void operator()(int i) const {
    double sum = 0;
    for (int r = 0; r < ranks; ++r) sum += double(gathered[int64_t(r) * elements + i]);
    mean[i] = A(sum / ranks);
  }
};

template <class A> struct BatchNormMovingMoments {
  const A *moving_mean, *moving_variance;
  A *mean, *inv_std, epsilon;
  HD void operator()(int c) const {
    mean[c] = moving_mean[c];
    inv_std[c] = A(1) / std::sqrt(moving_variance[c] + epsilon);
  }
};

template <class T, bool kResidual> struct BatchNormApply {
  using A = Acc<T>;
  const T *x, *residual;
  BatchNormConstants<A> constants;
  T* y;
  int channels;
  Activation activation;

  template <int V> HD Normalisation<A, V> channel(int c) const {
    return constants.template at<V>(c);
  }
  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> struct Inputs { Pack<T, V> x, residual; };
  template <int V> HD Inputs<V> read(int64_t row, int c) const {
    Inputs<V> in;
    in.x = load<V>(x + row + c);
    if constexpr (kResidual) in.residual = load<V>(residual + row + c);
    return in;
  }
  template <int V>
  HD void write(const Normalisation<A, V>& normalised, const Inputs<V>& in, int64_t row,
                int c) const {
    Pack<T, V> out;
    UNROLL(8)
    for (int i = 0; i < V; ++i) {
      A v = normalised(A(in.x.at[i]), i);
      if constexpr (kResidual) v += A(in.residual.at[i]);
      out.at[i] = T(activate(activation, v));
    }
    store<V>(y + row + c, out);
  }
};

// dx = scale * (g - mean_g - (x - mean) * slope), or if kFrozen, dx = scale * g. If kMasked, g
// counts as 0 where the slope of the activation that followed is 0. x is not read if kFrozen
// without kMasked.
template <class T, bool kFrozen, bool kMasked> struct BatchNormBackwardInput {
  using A = Acc<T>;
  const T *x, *g;
  T* dx;
  BatchNormConstants<A> constants;
  const A *dgamma, *dbeta;
  A rows;
  int channels;
  Activation activation;

  template <int V> struct Constants {
    Normalisation<A, V> normalised;
    Channels<A, V> mean_g, slope;
  };
  template <int V> HD Constants<V> channel(int c) const {
    Constants<V> k;
    k.normalised.scale = constants.template scale<V>(c);
    k.normalised.mean = channels_at<V>(constants.mean, c);
    if constexpr (kMasked) k.normalised.beta = channels_at<V>(constants.beta, c);
    k.mean_g = channels_at<V>(dbeta, c);
    k.slope = channels_at<V>(dgamma, c);
    const Channels<A, V> inv_std = channels_at<V>(constants.inv_std, c);
    UNROLL(8)
    for (int i = 0; i < V; ++i) {
      k.mean_g.at[i] *= A(1) / rows;
      k.slope.at[i] *= inv_std.at[i] * (A(1) / rows);
    }
    return k;
  }
  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> struct Inputs { Pack<T, V> g, x; };
  template <int V> HD Inputs<V> read(int64_t row, int c) const {
    Inputs<V> in;
    in.g = load<V>(g + row + c);
    if constexpr (!kFrozen || kMasked) in.x = load<V>(x + row + c);
    return in;
  }
  template <int V>
  HD void write(const Constants<V>& k, const Inputs<V>& in, int64_t row, int c) const {
    Pack<T, V> out;
    UNROLL(8)
    for (int i = 0; i < V; ++i) {
      A d = A(in.g.at[i]);
      if constexpr (kMasked)
        d = passes<T>(activation, k.normalised(A(in.x.at[i]), i)) ? d : A(0);
      if constexpr (!kFrozen)
        d = d - k.mean_g.at[i] - (A(in.x.at[i]) - k.normalised.mean.at[i]) * k.slope.at[i];
      out.at[i] = T(d * k.normalised.scale.at[i]);
    }
    store<V>(dx + row + c, out);
  }
};

ColumnShape by_chunks(const Shape& x) {
  return {rows_of(x), channels_of(x), column_chunks(rows_of(x)).rows_per_chunk};
}

template <class A>
BatchNormResult<A> result_in(int64_t rows, BatchNormMoments moments, BatchNormMoving moving,
                             double epsilon) {
  return {int(rows),           moments.mean.as<A>(),    moments.inv_std.as<A>(),
          moving.mean.as<A>(), moving.variance.as<A>(), A(1 - moving.decay),
          A(epsilon)};
}

template <class A>
BatchNormConstants<A> constants_of(BatchNormMoments moments, View gamma, View beta) {
  return {moments.mean.as<A>(), moments.inv_std.as<A>(), gamma.as<A>(), beta.as<A>()};
}

template <class T, bool kFrozen, bool kMasked>
void backward_input(Queue queue, const BatchNormBackward& a) {
  using A = Acc<T>;
  int64_t rows_n = rows_of(a.g.shape), channels = channels_of(a.g.shape);
  BatchNormBackwardInput<T, kFrozen, kMasked> input{a.x.as<T>(),
                                                    a.g.as<T>(),
                                                    a.dx.as<T>(),
                                                    constants_of<A>(a.moments, a.gamma, a.beta),
                                                    a.dgamma.as<A>(),
                                                    a.dbeta.as<A>(),
                                                    A(rows_n),
                                                    int(channels),
                                                    a.mask};
  rows<T>(queue, rows_n, channels, input);
}

// Sets the moments of a batch without rows to 0, so that its gradients become 0.
void no_moments(Queue queue, BatchNormMoments moments) {
  fill(queue, moments.mean, 0);
  fill(queue, moments.inv_std, 0);
}

}  // namespace

int64_t batch_norm_scratch(const Shape& x) {
  return column_chunks(rows_of(x)).count * 3 * channels_of(x);
}

void batch_norm_batch_moments(Queue queue, View x, BatchNormMoments moments, BatchNormMoving moving,
                              double epsilon, View scratch) {
  ColumnShape shape = by_chunks(x.shape);
  if (shape.rows == 0) return no_moments(queue, moments);
  dispatch(x.dtype, [&]<class T>() {
    using A = Acc<T>;
    Partial<A> partial{scratch.as<A>(), int(shape.channels)};
    int per_chunk = int(shape.rows_per_chunk);
    column_sums<T>(queue, shape, BatchNormStatistics<T>{x.as<T>(), partial, per_chunk});
    BatchNormMerge<A> merge{partial, per_chunk, result_in<A>(shape.rows, moments, moving, epsilon)};
    column_sums<Pack<double, 2>>(queue, {shape.chunks(), shape.channels, 1024}, merge);
  });
}

void batch_norm_moments_of_sums(Queue queue, const BatchNormSums& sums, BatchNormMoments moments,
                                BatchNormMoving moving, double epsilon) {
  if (sums.rows == 0) return no_moments(queue, moments);
  dispatch_accumulator(sums.sum.dtype, [&]<class A>() {
    each(queue, sums.sum.shape.size(),
         BatchNormMomentsOfSums<A>{sums.sum.as<A>(), sums.sum_of_squares.as<A>(),
                                   result_in<A>(sums.rows, moments, moving, epsilon)});
  });
}

void batch_norm_moments_of_ranks(Queue queue, View gathered, int64_t rows, BatchNormMoments moments,
                                 BatchNormMoving moving, double epsilon) {
  if (rows == 0) return;
  const int64_t channels = moments.mean.shape.size(), ranks = gathered.shape.size() / 2 / channels;
  dispatch_accumulator(gathered.dtype, [&]<class A>() {
    each(queue, channels,
         BatchNormMomentsOfRanks<A>{gathered.as<A>(), int(ranks), int(rows), int(channels),
                                    result_in<A>(rows * ranks, moments, moving, epsilon)});
  });
}

void mean_of_ranks(Queue queue, View gathered, View mean) {
  const int64_t elements = mean.shape.size();
  dispatch_accumulator(gathered.dtype, [&]<class A>() {
    each(queue, elements,
         MeanOfRanks<A>{gathered.as<A>(), mean.as<A>(), int(gathered.shape.size() / elements),
                        int(elements)});
  });
}

void batch_norm_moving_moments(Queue queue, BatchNormMoving moving, BatchNormMoments moments,
                               double epsilon) {
  dispatch_accumulator(moments.mean.dtype, [&]<class A>() {
    each(queue, moments.mean.shape.size(),
         BatchNormMovingMoments<A>{moving.mean.as<A>(), moving.variance.as<A>(),
                                   moments.mean.as<A>(), moments.inv_std.as<A>(), A(epsilon)});
  });
}

void batch_norm(Queue queue, const BatchNormForward& a) {
  dispatch(a.x.dtype, [&]<class T>() {
    using A = Acc<T>;
    int64_t channels = channels_of(a.x.shape);
    auto run = [&]<bool kResidual>() {
      BatchNormApply<T, kResidual> apply{a.x.as<T>(),
                                         a.residual.as<T>(),
                                         constants_of<A>(a.moments, a.gamma, a.beta),
                                         a.y.as<T>(),
                                         int(channels),
                                         a.activation};
      rows<T>(queue, rows_of(a.x.shape), channels, apply);
    };
    if (a.residual) return run.template operator()<true>();
    run.template operator()<false>();
  });
}

void batch_norm_backward(Queue queue, const BatchNormBackward& a) {
  dispatch(a.g.dtype, [&]<class T>() {
    if (a.mask == Activation::none)
      a.batch_statistics ? backward_input<T, false, false>(queue, a)
                         : backward_input<T, true, false>(queue, a);
    else
      a.batch_statistics ? backward_input<T, false, true>(queue, a)
                         : backward_input<T, true, true>(queue, a);
  });
}

}  // namespace kernels
