#include "engine/parameters.h"
#include "tests/support/catch.h"

#include <cmath>

#include "engine/base/error.h"
#include "tests/support/engine/op_case.h"

using namespace tests;
using engine::Init, engine::Parameters;

namespace {

struct Sample {
  std::unique_ptr<engine::Backend> backend;
  Parameters parameters;
  int kernel, bias, other_kernel, mean;

  explicit Sample(const char* precision, const std::vector<std::string>& frozen = {},
                  uint64_t seed = 1, const std::string& device = "cpu")
      : backend(open_backend(device)), parameters(*backend, engine::precision_named(precision)) {
    Init normal{.kind = Init::Kind::truncated_normal, .value = 0.5};
    kernel = parameters.add(
        {.name = "a/kernel", .shape = {4, {5, 3, 3, 7}}, .init = normal, .kernel = true});
    bias = parameters.add({.name = "a/bias", .shape = {1, {5}}, .init = {.value = -4.6}});
    other_kernel = parameters.add(
        {.name = "b/kernel", .shape = {4, {20, 5, 5, 40}}, .init = normal, .kernel = true});
    mean = parameters.add_statistic("a/moving_mean", 5, 0.25);
    parameters.allocate(seed, frozen);
  }
};

}  // namespace

TEST_CASE("parameters: layout puts decayed kernels first, counts values, aligns entries") {
  Sample s("fp32");
  CHECK(s.parameters.trainable_values() == 5 * 63 + 5 + 20 * 25 * 40);
  CHECK(s.parameters.decayed() == 320 + 20000);
  CHECK(s.parameters.trained() == 320 + 20000 + 32);
  CHECK(reinterpret_cast<uintptr_t>(View(s.parameters[s.bias]).data) % 64 == 0);
  CHECK(read(s.parameters[s.bias]) == Values(5, double(-4.6f)));
  CHECK(read(s.parameters.statistic(s.mean)) == Values(5, 0.25));
}

TEST_CASE(
    "parameters: initial values follow their distribution and depend on seed and name alone") {
  Sample s("fp32"), same("fp32"), other("fp32", {}, 2);
  Values w = read(s.parameters[s.other_kernel]);
  double sum = 0, squares = 0, largest = 0;
  for (double x : w) sum += x, squares += x * x, largest = std::max(largest, std::fabs(x));
  double n = double(w.size());
  CHECK(std::fabs(sum / n) < 4 * 0.44 / std::sqrt(n));
  CHECK(std::sqrt(squares / n) ==
        Approx(0.5 * 0.8796).epsilon(0.02));  // of a normal cut at two deviations
  CHECK(largest <= 1.0);
  CHECK(read(same.parameters[s.other_kernel]) == w);
  CHECK(read(other.parameters[s.other_kernel]) != w);
}

TEST_CASE("parameters: every device begins with the CPU's values") {
  Sample cpu("fp32"), here("fp32", {}, 1, GENERATE(from_range(devices())));
  CHECK(read(*here.backend, here.parameters.master()) ==
        read(*cpu.backend, cpu.parameters.master()));
  CHECK(read(*here.backend, here.parameters.statistics()) ==
        read(*cpu.backend, cpu.parameters.statistics()));
}

TEST_CASE("parameters: half precision keeps float masters, and copies kernels only") {
  Sample s("bf16");
  CHECK(s.parameters[s.kernel].dtype() == DType::bf16);
  CHECK(s.parameters[s.bias].dtype() == DType::f32);
  CHECK(s.parameters.master(s.kernel).dtype == DType::f32);
  Values master = read(Tensor::borrow(s.parameters.master(s.kernel)));
  CHECK(distance(read(s.parameters[s.kernel]), master) < 1.0 / 256);
}

TEST_CASE("parameters: frozen ones get no gradient and leave the trained range") {
  Sample s("fp32", {"b/"});
  CHECK(s.parameters.decayed() == 320);
  CHECK(s.parameters.trained() == 352);
  engine::Tape tape;
  s.parameters.watch(tape);
  CHECK(tape.wants(s.parameters[s.kernel]));
  CHECK_FALSE(tape.wants(s.parameters[s.other_kernel]));
  CHECK_THROWS_WITH(Sample("fp32", {"c/"}), Catch::Contains("no parameter starts with 'c/'"));
}
