// Checks one operation in every way we know: values in every dtype, gradients in float64,
// repeatable memory, memory given back. Call check(...) inside a TEST_CASE.
#pragma once
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/ops.h"

namespace tests {

using engine::Context, engine::DType, engine::Shape, engine::Tensor, engine::View;
using Values = std::vector<double>;

struct Input {
  Shape shape;
  double low = -1, high = 1;
  bool differentiable = false;
  // Keeps f32 (f64 in the f64 run) when the case runs in a half type: parameters, targets, weights.
  bool accumulator_dtype = false;
  std::function<Values(std::mt19937&)> make;  // instead of uniform(low, high)
};

struct OpCase {
  std::string name;
  std::vector<Input> inputs;
  std::function<Tensor(const Context&, const std::vector<Tensor>&)> run;
  std::function<Values(const std::vector<Values>&)> reference;  // naive, in double
  double summation_length = 1;  // tolerance grows by its square root
  double step = 1e-5;           // of the central difference
  bool half_types = true;       // false: the operation exists in f32 and f64 only
};

void check(const OpCase&);

// The largest |a - b|, relative to the largest |b|.
double distance(const Values& a, const Values& b);

void write(const Tensor&, const Values&);
Values read(const Tensor&);
Values uniform(std::mt19937&, size_t n, double low, double high);

// A CPU backend with an arena, for tests that build their own contexts.
struct Bench {
  explicit Bench(size_t bytes = size_t(256) << 20);
  Context context(engine::Tape* tape = nullptr, bool training = true);
  std::unique_ptr<engine::Backend> backend;
  engine::Memory memory;
  engine::Arena arena;
  engine::ConvPlans plans;
};

}  // namespace tests
