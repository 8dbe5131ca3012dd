#include "tests/support/engine/op_parity.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>

#include "tests/support/catch.h"
#include "tests/support/engine/device_arrays.h"
#include "tests/support/engine/op_run.h"
#include "tests/support/scale.h"

namespace tests {
namespace {

using engine::Activation;

constexpr double kGpuSeconds = 15;    // of convolutions, before the last shape begins
constexpr int kFewConvolutions = 16;  // on a GPU in software

struct Mode {
  const char* name;
  DType dtype;
  double limit;  // bf16 has three bits less than f16: eight times its limit
  bool exact_f32 = true;
};
constexpr Mode kF32{"f32", DType::f32, 1e-5}, kTf32{"tf32", DType::f32, 2e-3, false},
    kF16{"f16", DType::f16, 5e-3}, kBf16{"bf16", DType::bf16, 4e-2};

struct Largest {
  double value = 0, gradient = 0;
};

double difference(const Values& got, const Values& expected) {
  if (got.size() != expected.size()) return INFINITY;
  double apart = 0, whole = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    if (!std::isfinite(got[i])) return INFINITY;
    apart += (got[i] - expected[i]) * (got[i] - expected[i]);
    whole += expected[i] * expected[i];
  }
  return apart == 0 ? 0 : std::sqrt(apart / whole);
}

// A gradient for y: random, but zero where the two lie on different sides of a kink.
Values seed_for(std::mt19937& random, const Values& y, const Values& expected, Activation a) {
  Values dy = uniform(random, y.size(), -1, 1);
  for (size_t i = 0; i < dy.size(); ++i)
    if (kernels::activation_slope(a, y[i]) != kernels::activation_slope(a, expected[i])) dy[i] = 0;
  return dy;
}

// One shape in one mode against the truth.
void compare(const ParityCase& t, OpRun run, Bench& cpu, const Mode& mode, Largest& largest) {
  run.make_inputs();
  OpRun truth{t.op, cpu, kTruth};
  truth.make_inputs(&run.values);
  engine::Tape tape, true_tape;
  run.watch(tape);
  truth.watch(true_tape);
  Context c = run.bench.context(&tape);
  c.exact_f32 = mode.exact_f32;
  const Tensor y = t.op.run(c, run.in), true_y = t.op.run(cpu.context(&true_tape), truth.in);
  const Values value = read(y), expected = read(true_y);
  const double apart = difference(value, expected);
  largest.value = std::max(largest.value, apart);
  CHECK(apart <= mode.limit);
  if (!run.differentiable()) return;
  const Values dy = run.backward(tape, y, seed_for(run.random, value, expected, t.activation));
  truth.backward(true_tape, true_y, dy);
  for (size_t k = 0; k < run.grads.size(); ++k) {
    if (!run.grads[k]) continue;
    INFO("gradient of input " << k);
    const double off = difference(read(run.grads[k]), read(truth.grads[k]));
    largest.gradient = std::max(largest.gradient, off);
    CHECK(off <= mode.limit);
  }
}

std::vector<Mode> modes_of(const ParityOptions& o, bool gpu) {
  std::vector<Mode> modes;
  if (gpu || kTruth != DType::f32) modes.push_back(kF32);
  if (gpu && o.convolves) modes.push_back(kTf32);
  modes.insert(modes.end(), {kF16, kBf16});
  return modes;
}

std::string text_of(const OpCase& op) {
  std::string text;
  for (const Input& i : op.inputs) {
    text += text.empty() ? "" : ", ";
    for (int d = 0; d < i.shape.rank; ++d) text += (d ? "x" : "") + std::to_string(i.shape[d]);
  }
  return text;
}

void check_on(const std::string& device, const ParityOptions& o, Bench& cpu) {
  const auto start = std::chrono::steady_clock::now();
  Bench bench(device);
  const bool gpu = on_gpu(device), limited = gpu && o.convolves && !full_scale();
  std::map<std::string, Largest> largest;
  int shapes = 0;
  const int all = o.convolves ? rounds(200, kFewConvolutions) : rounds(200);
  for (; shapes < all; ++shapes) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    if (limited && passed.count() > kGpuSeconds) break;
    std::mt19937 random(static_cast<unsigned>(shapes));
    const ParityCase t = o.draw(random);
    for (const Mode& mode : modes_of(o, gpu)) {
      INFO(o.name << " " << shapes << " in " << mode.name << " on " << device << ": "
                  << text_of(t.op));
      compare(t, OpRun{t.op, bench, mode.dtype, random}, cpu, mode, largest[mode.name]);
      CHECK(bench.arena.empty());
    }
  }
  std::printf("%s on %s, %d of 200 shapes:", o.name.c_str(), device.c_str(), shapes);
  for (const auto& [mode, l] : largest)
    std::printf("  %s %.1e, gradients %.1e", mode.c_str(), l.value, l.gradient);
  std::printf("\n");
}

}  // namespace

void check_parity(const ParityOptions& o) {
  Bench cpu;
  for (const std::string& device : devices()) check_on(device, o, cpu);
  CHECK(cpu.arena.empty());
}

int one_of(std::mt19937& random, const std::vector<int>& choices) {
  return choices[random() % choices.size()];
}

Shape random_activation(std::mt19937& random) {
  const int images = one_of(random, {0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 5});
  const std::vector<int> sides{1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13};
  const int height = one_of(random, sides), width = one_of(random, sides);
  return {4,
          {images, height, width,
           one_of(random, {1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 23, 31, 32, 33})}};
}

Activation random_activation_function(std::mt19937& random) { return Activation(random() % 3); }

}  // namespace tests
