// The engines behind the operation: oneDNN and the plain loops.
#include <omp.h>

#include <cmath>

#include "benchmarks/ssd320_convs.h"
#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"

using namespace tests;
using namespace engine;

namespace {

// Random operands of one pass, and its result by a plan.
struct PassRun {
  ConvShape s;
  Bench bench{size_t(512) << 20};
  std::mt19937 random{7};
  Tensor x, w, y, bias, residual;

  explicit PassRun(const ConvShape& shape) : s(shape) {
    DType weight = s.pass == ConvPass::grad_weight ? accumulator(s.dtype) : s.dtype;
    x = random_tensor(s.x_shape(), s.dtype);
    w = random_tensor(s.weight_shape(), weight);
    y = random_tensor(s.y_shape(), s.dtype);
    if (s.forward.bias) bias = random_tensor({1, {s.out_channels}}, accumulator(s.dtype));
    if (s.forward.residual) residual = random_tensor(s.y_shape(), s.dtype);
  }

  Tensor random_tensor(Shape shape, DType dtype) {
    Tensor t = bench.context().empty(shape, dtype);
    write(t, uniform(random, size_t(shape.size()), -1, 1));
    return t;
  }

  const Tensor& result() const {
    return s.pass == ConvPass::forward ? y : s.pass == ConvPass::grad_input ? x : w;
  }

  Values run(ConvPlan& plan) {
    kernels::Queue queue = bench.backend->queue(Lane::compute);
    Tensor workspace = bench.context().empty({1, {int64_t(plan.workspace())}}, DType::u8);
    // Whatever lay there before must not matter.
    std::fill_n(View(result()).as<uint8_t>(), bytes_of(result()), uint8_t(0xff));
    std::fill_n(View(workspace).as<uint8_t>(), plan.workspace(), uint8_t(0xff));
    plan.run(queue, {.x = x,
                     .weight = w,
                     .y = y,
                     .bias = bias,
                     .residual = residual,
                     .workspace = View(workspace).data});
    return read(result());
  }
};

ConvShape random_shape(std::mt19937& random) {
  auto pick = [&](std::vector<int> from) { return from[random() % from.size()]; };
  ConvShape s;
  s.images = pick({1, 2, 3});
  s.kernel = pick({1, 3, 3, 5, 7});
  s.stride = pick({1, 1, 2});
  s.height = s.kernel + pick({0, 1, 4, 7});
  s.width = s.kernel + pick({0, 2, 3, 12});
  s.in_channels = pick({1, 3, 8, 17, 32, 64, 70});
  s.out_channels = pick({1, 5, 16, 24, 33, 64, 130});
  int pad = s.kernel / 2;
  s.pad = {pick({0, pad}), pick({0, pad}), pick({0, pad}), pick({0, pad})};
  s.forward.bias = pick({0, 1});
  s.forward.residual = pick({0, 1});
  s.forward.activation = Activation(pick({0, 1, 2}));
  return s;
}

double limit_of(const ConvShape& s) {
  double length = s.pass == ConvPass::grad_weight
                      ? double(s.images) * s.out_height() * s.out_width()
                      : double(s.kernel) * s.kernel *
                            (s.pass == ConvPass::forward ? s.in_channels : s.out_channels);
  bool rounded = s.dtype == DType::bf16 && s.pass != ConvPass::grad_weight;
  return (rounded ? 1e-2 : 1e-5) * std::sqrt(length);
}

double inner(const Values& a, const Values& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

bool have_onednn() {
  return make_onednn_conv(
             {{.images = 1, .height = 8, .width = 8, .in_channels = 16, .out_channels = 16}}) !=
         nullptr;
}

bool have_onednn_bf16() {
  return make_onednn_conv(
             {{.images = 1, .height = 8, .width = 8, .in_channels = 16, .out_channels = 16},
              ConvPass::forward,
              DType::bf16}) != nullptr;
}

}  // namespace

TEST_CASE("conv plans: each pass is the others' adjoint") {
  std::mt19937 random(11);
  for (int i = 0; i < 12; ++i) {
    ConvShape s = random_shape(random);
    s.forward.bias = s.forward.residual = false;
    s.forward.activation = Activation::none;
    INFO("shape " << i);
    PassRun forward(s);
    Values x = read(forward.x), w = read(forward.w), dy = read(forward.y);
    auto plan = [&](ConvPass pass) {
      s.pass = pass;
      return forward.bench.backend->plan(s);
    };
    double scale = std::sqrt(inner(x, x) * inner(w, w) * inner(dy, dy)) + 1e-30;
    Values y = forward.run(*plan(ConvPass::forward));
    double expected = inner(y, dy);
    write(forward.y, dy);
    forward.s.pass = ConvPass::grad_input;
    CHECK(std::fabs(inner(forward.run(*plan(ConvPass::grad_input)), x) - expected) / scale < 1e-6);
    write(forward.x, x);
    forward.s.pass = ConvPass::grad_weight;
    CHECK(std::fabs(inner(forward.run(*plan(ConvPass::grad_weight)), w) - expected) / scale < 1e-6);
  }
}

TEST_CASE("conv plans: oneDNN agrees with the plain loops, and with itself bit for bit") {
  if (!have_onednn()) return;
  std::mt19937 random(5);
  int compared = 0;
  for (int i = 0; i < 40; ++i) {
    ConvShape s = random_shape(random);
    for (DType dtype : {DType::f32, DType::bf16})
      for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight}) {
        s.dtype = dtype;
        s.pass = pass;
        if (pass != ConvPass::forward) s = unfused(s, pass);
        auto fast = make_onednn_conv(s);
        if (!fast) continue;  // the reference runs instead
        ++compared;
        INFO(i << " pass " << int(pass) << " dtype " << int(dtype) << " kernel " << s.kernel
               << " stride " << s.stride << " channels " << s.in_channels << " " << s.out_channels);
        PassRun run(s);
        Values ours = run.run(*fast);
        CHECK(ours == run.run(*fast));
        CHECK(ours == run.run(*make_onednn_conv(s)));
        CHECK(distance(ours, run.run(*make_plain_loops(s))) < limit_of(s));
      }
  }
  CHECK(compared >= 100);  // of 120 in f32 alone
}

TEST_CASE("conv plans: the plain loops do not depend on the number of threads") {
  std::mt19937 random(3);
  int threads = omp_get_max_threads();
  for (int i = 0; i < 6; ++i) {
    ConvShape s = random_shape(random);
    s.pass = ConvPass(i % 3);
    PassRun run(s);
    auto plan = make_plain_loops(s);
    omp_set_num_threads(1);
    Values one = run.run(*plan);
    omp_set_num_threads(3);
    CHECK(one == run.run(*plan));
    omp_set_num_threads(threads);
  }
}

TEST_CASE("conv plans: the list of SSD320's convolutions is complete") {
  int64_t macs = 0;
  int count = 0;
  for (const auto& conv : benchmarks::ssd320_convs()) {
    macs += conv.count * conv.shape.macs();
    count += conv.count;
  }
  CHECK(macs == 22'307'953'664);
  CHECK(count == 53 + 7 + 5 * 10);
}

TEST_CASE("conv plans: oneDNN has a plan for every convolution of SSD320") {
  if (!have_onednn()) return;
  std::vector<DType> dtypes{DType::f32};
  if (have_onednn_bf16()) dtypes.push_back(DType::bf16);
  for (const auto& conv : benchmarks::ssd320_convs())
    for (DType dtype : dtypes)
      for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight}) {
        ConvShape s = conv.shape;
        s.dtype = dtype;
        s.pass = pass;
        INFO(conv.name << " pass " << int(pass) << " dtype " << int(dtype));
        CHECK(make_onednn_conv(s));
        if (pass != ConvPass::forward) continue;
        s.forward.bias = s.forward.residual =
            true;  // as at inference, with batch norm folded into the weights
        s.forward.activation = Activation::relu6;
        CHECK(make_onednn_conv(s));
      }
}
