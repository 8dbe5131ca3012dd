#include "tests/cuda_model/cudnn/products.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "kernels/view.h"

namespace cuda_model::cudnn {
namespace {

constexpr int64_t kBlock = 32;  // channels of a term

struct Geometry {
  explicit Geometry(const Convolution& c)
      : n(c.x.dims[0]),
        channels(c.x.dims[1]),
        h(c.x.dims[2]),
        w(c.x.dims[3]),
        out(c.y.dims[1]),
        p(c.y.dims[2]),
        q(c.y.dims[3]),
        r(c.w.dims[2]),
        s(c.w.dims[3]),
        rule(c.rule) {}
  // The row or column of x that meets tap i of output o; outside of x for padding.
  int64_t row(int64_t o, int64_t i) const {
    return o * rule.strides[0] - rule.pre[0] + i * rule.dilations[0];
  }
  int64_t column(int64_t o, int64_t i) const {
    return o * rule.strides[1] - rule.pre[1] + i * rule.dilations[1];
  }
  bool inside(int64_t y, int64_t x) const { return y >= 0 && y < h && x >= 0 && x < w; }

  int64_t n, channels, h, w, out, p, q, r, s;
  const ConvolutionRule& rule;
};

class Sum {
 public:
  Sum(const Summing& how, int64_t size) : how_(how), total_(size_t(size)), term_(size_t(size)) {}

  float* term() {  // zeros, to be added up in
    std::fill(term_.begin(), term_.end(), 0.0f);
    return term_.data();
  }
  void add_term() {
    for (size_t i = 0; i < total_.size(); ++i) total_[i] = kept(total_[i] + double(term_[i]));
  }
  void write(float* to) {
    for (double& t : total_) {
      *to++ = float(t);
      t = 0;
    }
  }

 private:
  double kept(double v) const {
    if (how_.half_sums)
      return how_.half == CUDNN_DATA_HALF ? double(float(kernels::f16(float(v))))
                                          : double(float(kernels::bf16(float(v))));
    return how_.shuffle || how_.parts > 1 ? double(float(v)) : v;
  }

  const Summing& how_;
  std::vector<double> total_;
  Values term_;
};

std::vector<int64_t> order_of(int64_t terms, const Summing& how) {
  std::vector<int64_t> order;
  for (int64_t part = 0; part < how.parts; ++part)
    for (int64_t i = part; i < terms; i += how.parts) order.push_back(i);
  if (how.shuffle) std::shuffle(order.begin(), order.end(), std::mt19937_64(how.shuffle));
  return order;
}

int64_t blocks(int64_t channels) { return (channels + kBlock - 1) / kBlock; }

// [out, r, s, in] to [r, s, in, out]: the innermost loop runs over neighbours.
Values transposed(const Geometry& g, const Values& w) {
  Values result(w.size());
  const int64_t inner = g.r * g.s * g.channels;
  for (int64_t k = 0; k < g.out; ++k)
    for (int64_t i = 0; i < inner; ++i) result[size_t(i * g.out + k)] = w[size_t(k * inner + i)];
  return result;
}

Values forward(const Geometry& g, const Values& x, const Values& weight, const Summing& how) {
  Values y(size_t(g.n * g.p * g.q * g.out));
  const Values w = transposed(g, weight);
  const int64_t per_tap = blocks(g.channels);
  const auto order = order_of(g.r * g.s * per_tap, how);
#pragma omp parallel for
  for (int64_t row = 0; row < g.n * g.p; ++row) {
    Sum sum(how, g.out);
    for (int64_t q = 0; q < g.q; ++q) {
      for (int64_t term : order) {
        const int64_t tap = term / per_tap, first = term % per_tap * kBlock;
        const int64_t in_row = g.row(row % g.p, tap / g.s), in_column = g.column(q, tap % g.s);
        if (!g.inside(in_row, in_column)) continue;
        const float* from = &x[size_t(((row / g.p * g.h + in_row) * g.w + in_column) * g.channels)];
        float* part = sum.term();
        for (int64_t c = first; c < std::min(first + kBlock, g.channels); ++c) {
          const float* factors = &w[size_t((tap * g.channels + c) * g.out)];
          for (int64_t k = 0; k < g.out; ++k) part[k] += from[c] * factors[k];
        }
        sum.add_term();
      }
      sum.write(&y[size_t((row * g.q + q) * g.out)]);
    }
  }
  return y;
}

// The output whose tap i is on that row of x: -1 if there is none.
int64_t output_at(int64_t row, int64_t tap, const ConvolutionRule& rule, size_t axis, int64_t end) {
  const int64_t from = row + rule.pre[axis] - tap * rule.dilations[axis];
  if (from < 0 || from % rule.strides[axis] != 0) return -1;
  return from / rule.strides[axis] < end ? from / rule.strides[axis] : -1;
}

Values backward_data(const Geometry& g, const Values& dy, const Values& weight,
                     const Summing& how) {
  Values dx(size_t(g.n * g.h * g.w * g.channels));
  const int64_t per_tap = blocks(g.out);
  const auto order = order_of(g.r * g.s * per_tap, how);
#pragma omp parallel for
  for (int64_t row = 0; row < g.n * g.h; ++row) {
    Sum sum(how, g.channels);
    for (int64_t column = 0; column < g.w; ++column) {
      for (int64_t term : order) {
        const int64_t tap = term / per_tap, first = term % per_tap * kBlock;
        const int64_t p = output_at(row % g.h, tap / g.s, g.rule, 0, g.p);
        const int64_t q = output_at(column, tap % g.s, g.rule, 1, g.q);
        if (p < 0 || q < 0) continue;
        const float* from = &dy[size_t(((row / g.h * g.p + p) * g.q + q) * g.out)];
        float* part = sum.term();
        for (int64_t k = first; k < std::min(first + kBlock, g.out); ++k) {
          const float* factors = &weight[size_t((k * g.r * g.s + tap) * g.channels)];
          for (int64_t c = 0; c < g.channels; ++c) part[c] += from[k] * factors[c];
        }
        sum.add_term();
      }
      sum.write(&dx[size_t((row * g.w + column) * g.channels)]);
    }
  }
  return dx;
}

// Adds what one row of dy gives to the kernel of output channel k.
void add_row(const Geometry& g, const Values& x, const Values& dy, int64_t row, int64_t k,
             float* part) {
  for (int64_t q = 0; q < g.q; ++q) {
    const float factor = dy[size_t((row * g.q + q) * g.out + k)];
    for (int64_t tap = 0; tap < g.r * g.s; ++tap) {
      const int64_t in_row = g.row(row % g.p, tap / g.s), in_column = g.column(q, tap % g.s);
      if (!g.inside(in_row, in_column)) continue;
      const float* from = &x[size_t(((row / g.p * g.h + in_row) * g.w + in_column) * g.channels)];
      float* to = part + tap * g.channels;
      for (int64_t c = 0; c < g.channels; ++c) to[c] += factor * from[c];
    }
  }
}

Values backward_filter(const Geometry& g, const Values& x, const Values& dy, const Summing& how) {
  const int64_t size = g.r * g.s * g.channels;
  Values dw(size_t(g.out * size));
  const auto order = order_of(g.n * g.p, how);
#pragma omp parallel for
  for (int64_t k = 0; k < g.out; ++k) {
    Sum sum(how, size);
    for (int64_t row : order) {
      add_row(g, x, dy, row, k, sum.term());
      sum.add_term();
    }
    sum.write(&dw[size_t(k * size)]);
  }
  return dw;
}

}  // namespace

Values products(const Convolution& c, const Values& first, const Values& second,
                const Summing& how) {
  const Geometry g(c);
  if (c.pass == Pass::forward) return forward(g, first, second, how);
  return c.pass == Pass::backward_data ? backward_data(g, first, second, how)
                                       : backward_filter(g, first, second, how);
}

}  // namespace cuda_model::cudnn
