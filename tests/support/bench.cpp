// The parts of op_case.h that programs without Catch2 use, too.
#include <cmath>

#include "tests/support/op_case.h"

namespace tests {

void write(const Tensor& t, const Values& v) {
  if (t.dtype() == DType::i32) {
    for (size_t i = 0; i < v.size(); ++i) View(t).as<int32_t>()[i] = int32_t(v[i]);
    return;
  }
  kernels::dispatch(t.dtype(), [&]<class T>() {
    for (size_t i = 0; i < v.size(); ++i) View(t).as<T>()[i] = T(kernels::Acc<T>(v[i]));
  });
}

Values read(const Tensor& t) {
  Values v(size_t(t.shape().size()));
  if (t.dtype() == DType::i32) {
    for (size_t i = 0; i < v.size(); ++i) v[i] = View(t).as<int32_t>()[i];
    return v;
  }
  kernels::dispatch(t.dtype(), [&]<class T>() {
    for (size_t i = 0; i < v.size(); ++i) v[i] = double(kernels::Acc<T>(View(t).as<T>()[i]));
  });
  return v;
}

Values uniform(std::mt19937& random, size_t n, double low, double high) {
  std::uniform_real_distribution<double> u(low, high);
  Values v(n);
  for (double& x : v) x = u(random);
  return v;
}

double distance(const Values& a, const Values& b) {
  if (a.size() != b.size()) return INFINITY;
  double d = 0, s = 1e-30;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i])) return INFINITY;
    d = std::max(d, std::fabs(a[i] - b[i]));
    s = std::max(s, std::fabs(b[i]));
  }
  return d / s;
}

Bench::Bench(size_t bytes)
    : backend(engine::make_cpu_backend()),
      memory(*backend, bytes, engine::Place::device),
      arena(memory.data(), bytes),
      plans(*backend) {}

Context Bench::context(engine::Tape* tape, bool training) {
  return {.queue = backend->queue(engine::Lane::compute),
          .arena = arena,
          .plans = plans,
          .tape = tape,
          .training = training};
}

}  // namespace tests
