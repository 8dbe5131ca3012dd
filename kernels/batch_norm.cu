#include "kernels/batch_norm.h"

#include "kernels/column_chunks.h"
#include "kernels/elementwise.h"
#include "kernels/dispatch_accumulator.h"
#include "kernels/simt_columns.h"

namespace kernels {
namespace {

// Values of neighbouring channels.
template <class A, int V> struct Channels { A at[V]; };

template <int V, class A> HD Channels<A, V> channels_at(const A* from, int c) {
  Channels<A, V> v;
  UNROLL(8)
  for (int k = 0; k < V; ++k) v.at[k] = from[c + k];
  return v;
}

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
  const A *mean, *inv_std, *gamma, *beta;
  T* y;
  int channels;
  Activation activation;

  template <int V> struct Constants { Channels<A, V> mean, scale, beta; };
  template <int V> HD Constants<V> channel(int c) const {
    Constants<V> k{channels_at<V>(mean, c), channels_at<V>(gamma, c), channels_at<V>(beta, c)};
    UNROLL(8)
    for (int i = 0; i < V; ++i) k.scale.at[i] *= inv_std[c + i];
    return k;
  }
  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> HD void apply(const Constants<V>& k, int64_t row, int c) const {
    Pack<T, V> in = load<V>(x + row + c), add, out;
    if constexpr (kResidual) add = load<V>(residual + row + c);
    UNROLL(8)
    for (int i = 0; i < V; ++i) {
      A v = (A(in.at[i]) - k.mean.at[i]) * k.scale.at[i] + k.beta.at[i];
      if constexpr (kResidual) v += A(add.at[i]);
      out.at[i] = T(activate(activation, v));
    }
    store<V>(y + row + c, out);
  }
};

// dx = scale * (g - mean_g - (x - mean) * slope); frozen: dx = scale * g, and x is not read.
template <class T, bool kFrozen> struct BatchNormBackwardInput {
  using A = Acc<T>;
  const T *x, *g;
  T* dx;
  const A *mean, *inv_std, *gamma, *dgamma, *dbeta;
  A rows;
  int channels;

  template <int V> struct Constants { Channels<A, V> scale, mean_g, mean, slope; };
  template <int V> HD Constants<V> channel(int c) const {
    Constants<V> k{channels_at<V>(gamma, c), channels_at<V>(dbeta, c), channels_at<V>(mean, c),
                   channels_at<V>(dgamma, c)};
    UNROLL(8)
    for (int i = 0; i < V; ++i) {
      k.scale.at[i] *= inv_std[c + i];
      k.mean_g.at[i] *= A(1) / rows;
      k.slope.at[i] *= inv_std[c + i] * (A(1) / rows);
    }
    return k;
  }
  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> HD void apply(const Constants<V>& k, int64_t row, int c) const {
    Pack<T, V> grad = load<V>(g + row + c), in, out;
    if constexpr (!kFrozen) in = load<V>(x + row + c);
    UNROLL(8)
    for (int i = 0; i < V; ++i) {
      A d = A(grad.at[i]);
      if constexpr (!kFrozen) d = d - k.mean_g.at[i] - (A(in.at[i]) - k.mean.at[i]) * k.slope.at[i];
      out.at[i] = T(d * k.scale.at[i]);
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

template <class T, bool kFrozen> void backward_input(Queue queue, const BatchNormBackward& a) {
  using A = Acc<T>;
  int64_t rows_n = rows_of(a.g.shape), channels = channels_of(a.g.shape);
  BatchNormBackwardInput<T, kFrozen> input{a.x.as<T>(),
                                           a.g.as<T>(),
                                           a.dx.as<T>(),
                                           a.moments.mean.as<A>(),
                                           a.moments.inv_std.as<A>(),
                                           a.gamma.as<A>(),
                                           a.dgamma.as<A>(),
                                           a.dbeta.as<A>(),
                                           A(rows_n),
                                           int(channels)};
  rows<T>(queue, rows_n, channels, input);
}

// What nothing is normalised with: gradients of no rows are zero times it.
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
                                         a.moments.mean.as<A>(),
                                         a.moments.inv_std.as<A>(),
                                         a.gamma.as<A>(),
                                         a.beta.as<A>(),
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
    a.batch_statistics ? backward_input<T, false>(queue, a) : backward_input<T, true>(queue, a);
  });
}

}  // namespace kernels
