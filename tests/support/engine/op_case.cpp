#include "tests/support/engine/op_case.h"

#include <algorithm>
#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/op_run.h"

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

double dot(const Values& a, const Values& b) {
  double s = 0;
  for (size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
  return s;
}

double norm(const Values& a) { return std::sqrt(dot(a, a)); }

struct Check : OpRun {
  uint64_t trace_of_one_run() {
    for (size_t k = 0; k < in.size(); ++k) write(in[k], values[k]);
    engine::Tape tape;
    watch(tape);
    bench.arena.reset_trace();
    op.run(bench.context(&tape), in);
    return bench.arena.trace();
  }

  // <dy, f(x + h v) - f(x - h v)> / 2h against <grad, v>, along random directions.
  void check_against_differences(size_t k, const Values& dy) {
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

  // Against the same operation on the CPU in kTruth, at the same values.
  void check_against_truth(Bench& cpu, const Values& dy) const {
    OpRun truth{op, cpu, kTruth};
    truth.make_inputs(&values);
    engine::Tape tape;
    truth.watch(tape);
    truth.backward(tape, op.run(cpu.context(&tape), truth.in), dy);
    const double limit = tolerance(dtype) * std::sqrt(op.summation_length);
    for (size_t k = 0; k < grads.size(); ++k) {
      if (!grads[k]) continue;
      INFO("gradient of input " << k);
      CHECK(distance(read(grads[k]), read(truth.grads[k])) < limit);
    }
  }

  void check_gradients(const Values& dy, Bench& cpu) {
    const bool half = dtype == DType::f16 || dtype == DType::bf16;
    if (dtype == DType::f64) {
      for (size_t k = 0; k < in.size(); ++k)
        if (op.inputs[k].differentiable) check_against_differences(k, dy);
    } else if ((bench.queue().gpu || dtype != kTruth) && (op.half_gradients || !half)) {
      check_against_truth(cpu, dy);
    } else {
      for (const Tensor& g : grads)
        if (g)
          for (double x : read(g)) REQUIRE(std::isfinite(x));
    }
  }

  Tensor checked_value(engine::Tape& tape) {
    make_inputs();
    watch(tape);
    Tensor y = op.run(bench.context(&tape), in);
    double limit = tolerance(y.dtype() == engine::accumulator(dtype) ? y.dtype() : dtype);
    INFO(op.name << " in " << kernels::name_of(dtype) << " on " << bench.backend->name());
    CHECK(distance(read(y), op.reference(values)) < limit * std::sqrt(op.summation_length));
    return y;
  }

  // For a bench that notices what is written out of bounds.
  void check_bounds() {
    engine::Tape tape;
    const Tensor y = checked_value(tape);
    if (differentiable()) backward(tape, y, Values(size_t(y.shape().size()), 1.0));
  }

  void check_all(Bench& cpu) {
    engine::Tape tape;
    Tensor y = checked_value(tape);
    if (differentiable()) {
      const Values seed = uniform(random, size_t(y.shape().size()), -1, 1);
      check_gradients(backward(tape, y, seed), cpu);
    }
    y = {};
    CHECK(trace_of_one_run() == trace_of_one_run());
  }
};

}  // namespace

void check(const OpCase& op) {
  Bench cpu;
  for (const std::string& device : devices()) {
    std::unique_ptr<Bench> gpu = on_gpu(device) ? std::make_unique<Bench>(device) : nullptr;
    Bench& bench = gpu ? *gpu : cpu;
    Bench separate = Bench::of_separate_pieces(device);
    std::vector<DType> dtypes{DType::f32};
    if (kTruth == DType::f64 && !gpu) dtypes.push_back(DType::f64);
    if (op.half_types) dtypes.insert(dtypes.end(), {DType::f16, DType::bf16});
    for (DType dtype : dtypes) {
      { Check{{op, bench, dtype}}.check_all(cpu); }
      { Check{{op, separate, dtype}}.check_bounds(); }
      CHECK(bench.arena.empty());
    }
  }
  CHECK(cpu.arena.empty());
}

}  // namespace tests
