// Checks one operation in every way we know: values in every dtype on every device, gradients in
// float64 and from there to the other dtypes and devices, repeatable memory, memory given back.
// Call check(...) inside a TEST_CASE.
#pragma once
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/engine/bench.h"

namespace tests {

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
  // False where outputs lie within a half type's rounding of a kink, so that slopes differ.
  bool half_gradients = true;
};

void check(const OpCase&);

}  // namespace tests
