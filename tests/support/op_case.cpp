#include "tests/support/op_case.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace tests {
namespace {

// Relative to the largest value of the output (docs/numerics.md). f64 counts only in CPU builds.
double tolerance(DType t) {
  switch (t) {
    case DType::f64:
      return 1e-12;
    case DType::f32:
      return 1e-5;
    case DType::f16:
      return 2e-3;
    default:
      return 1e-2;
  }
}

const char* name_of(DType t) {
  return t == DType::f64 ? "f64" : t == DType::f32 ? "f32" : t == DType::f16 ? "f16" : "bf16";
}

double dot(const Values& a, const Values& b) {
  double s = 0;
  for (size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
  return s;
}

double norm(const Values& a) { return std::sqrt(dot(a, a)); }

struct Run {  // one case in one dtype
  const OpCase& op;
  Bench& bench;
  DType dtype;
  std::mt19937 random{1};
  std::vector<Tensor> in, grads;
  std::vector<Values> values;

  void make_inputs() {
    Context c = bench.context();
    for (const Input& i : op.inputs) {
      in.push_back(c.empty(i.shape, i.accumulator_dtype ? engine::accumulator(dtype) : dtype));
      write(in.back(),
            i.make ? i.make(random) : uniform(random, size_t(i.shape.size()), i.low, i.high));
      values.push_back(read(in.back()));
      grads.push_back(i.differentiable ? c.empty(i.shape, engine::accumulator(dtype)) : Tensor());
      if (i.differentiable) write(grads.back(), Values(values.back().size(), 0.0));
    }
  }

  void watch(engine::Tape& tape) const {
    for (size_t k = 0; k < in.size(); ++k)
      if (op.inputs[k].differentiable) tape.watch(in[k], grads[k]);
  }

  uint64_t trace_of_one_run() {
    for (size_t k = 0; k < in.size(); ++k) write(in[k], values[k]);
    engine::Tape tape;
    watch(tape);
    bench.arena.reset_trace();
    op.run(bench.context(&tape), in);
    return bench.arena.trace();
  }

  // <dy, f(x + h v) - f(x - h v)> / 2h against <grad, v>, along random directions.
  void check_gradient(size_t k, const Values& dy) {
    Values grad = read(grads[k]);
    for (int trial = 0; trial < 4; ++trial) {
      Values v = uniform(random, grad.size(), -1, 1);
      auto at = [&](double h) {
        for (size_t i = 0; i < in.size(); ++i) write(in[i], values[i]);
        Values moved = values[k];
        for (size_t i = 0; i < v.size(); ++i) moved[i] += h * v[i];
        write(in[k], moved);
        return dot(dy, read(op.run(bench.context(), in)));
      };
      double numeric = (at(op.step) - at(-op.step)) / (2 * op.step);
      double error = std::fabs(numeric - dot(grad, v)) / std::max(norm(grad) * norm(v), 1e-30);
      INFO(op.name << ": gradient of input " << k << ", numeric " << numeric << ", ours "
                   << dot(grad, v));
      CHECK(error < 1e-7);
      write(in[k], values[k]);
    }
  }

  void check_all() {
    make_inputs();
    engine::Tape tape;
    watch(tape);
    Tensor y = op.run(bench.context(&tape), in);
    double limit = tolerance(y.dtype() == engine::accumulator(dtype) ? y.dtype() : dtype);
    INFO(op.name << " in " << name_of(dtype));
    CHECK(distance(read(y), op.reference(values)) < limit * std::sqrt(op.summation_length));

    bool any = false;
    for (const Input& i : op.inputs) any |= i.differentiable;
    if (any) {
      Tensor dy = bench.context().empty(y.shape(), y.dtype());
      write(dy, uniform(random, size_t(y.shape().size()), -1, 1));
      Values seed = read(dy);
      tape.backward(bench.context(), y, dy);
      for (size_t k = 0; k < in.size() && dtype == DType::f64; ++k)
        if (op.inputs[k].differentiable) check_gradient(k, seed);
      if (dtype != DType::f64) {
        for (const Tensor& g : grads)
          if (g)
            for (double x : read(g)) REQUIRE(std::isfinite(x));
      }
    }
    y = {};
    CHECK(trace_of_one_run() == trace_of_one_run());
  }
};

}  // namespace

void check(const OpCase& op) {
  Bench bench;
  std::vector<DType> dtypes{DType::f32};
#ifndef SSD_CUDA_BUILD
  dtypes.push_back(DType::f64);  // kernels compiled by nvcc have no f64
#endif
  if (op.half_types) dtypes.insert(dtypes.end(), {DType::f16, DType::bf16});
  for (DType dtype : dtypes) {
    { Run{op, bench, dtype}.check_all(); }
    CHECK(bench.arena.empty());
  }
}

}  // namespace tests
