// Holds an operation to the CPU's f64 on random shapes: on every device and in every dtype, value
// and gradients, by the norm of the difference over that of what it should be (docs/numerics.md).
#pragma once
#include <functional>
#include <random>
#include <string>

#include "tests/support/engine/op_case.h"

namespace tests {

struct ParityCase {
  OpCase op;  // without reference
  // What ends the operation. Where rounding puts an output on the other side of its kink, the
  // output gets no gradient: such slopes differ, as they should.
  engine::Activation activation = engine::Activation::none;
};

struct ParityOptions {
  std::string name;
  std::function<ParityCase(std::mt19937&)> draw;
  // TF32 as well, on a GPU. And as plans of new shapes may be compiled there, for seconds each, no
  // new shape begins after a time; SSD_TEST_SCALE=full tries all.
  bool convolves = false;
};

// Call inside a TEST_CASE. 200 shapes; says what the largest differences were.
void check_parity(const ParityOptions&);

int one_of(std::mt19937&, const std::vector<int>& choices);
// [images, height, width, channels]: sides of a pixel, odd, prime; channels that fill no vector;
// once in a while no image.
Shape random_activation(std::mt19937&);
engine::Activation random_activation_function(std::mt19937&);

}  // namespace tests
