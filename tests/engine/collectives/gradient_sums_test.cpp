// The sums of gradients over ranks that are threads of this process.
#include "engine/collectives/gradient_sums.h"

#include <fmt/format.h>

#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/engine/forwarding_rank.h"
#include "tests/support/engine/queued_cpu.h"
#include "tests/support/engine/rank_threads.h"

using namespace tests;
using engine::Collectives, engine::GradientSumOptions, engine::GradientSums, engine::Parameters;
using kernels::bf16, kernels::f16;

namespace {

constexpr int kRanks = 3;
constexpr int64_t kSize = 5000;

// Some are small for f16, and their sum depends on the rounding.
float value(int rank, int64_t i) {
  return std::ldexp(1.f + float((i * 37 + rank * 11) % 101) / 97, int(i % 29) - 20) *
         (rank % 2 ? -1.f : 1.f);
}

// Rounded on each rank, added in order of rank in f32, and rounded once more.
template <class Half> float naive_sum(int64_t i) {
  float sum = 0;
  for (int rank = 0; rank < kRanks; ++rank) sum += float(Half(value(rank, i)));
  return float(Half(sum));
}

float exact_sum(int64_t i) {
  float sum = 0;
  for (int rank = 0; rank < kRanks; ++rank) sum += value(rank, i);
  return sum;
}

// The gradients of a rank's only parameter after the sum.
std::vector<float> summed(Collectives& ranks, const GradientSumOptions& options) {
  Bench bench(size_t(1) << 20);
  Parameters parameters(*bench.backend, engine::precision_named("fp32"));
  parameters.add({.name = "w", .shape = {1, {kSize}}});
  parameters.allocate(1);
  float* gradient = parameters.gradient().as<float>();
  for (int64_t i = 0; i < kSize; ++i) gradient[i] = value(ranks.rank(), i);
  GradientSums sums(*bench.backend, parameters, options);
  Context c = bench.context();
  c.ranks = &ranks;
  sums.finish(c);
  CHECK(sums.copy_bytes() ==
        (options.half ? size_t(parameters.trained()) * sizeof(uint16_t) : size_t(0)));
  return {gradient, gradient + kSize};
}

template <class Expected>
void check_sums(const GradientSumOptions& options, const Expected& expected) {
  const auto failures = on_ranks(kRanks, [&](Collectives& c) {
    const std::vector<float> sum = summed(c, options);
    for (int64_t i = 0; i < kSize; ++i)
      if (sum[size_t(i)] != expected(i)) throw std::runtime_error("at " + std::to_string(i));
  });
  CHECK(failures == no_failures(kRanks));
}

}  // namespace

TEST_CASE("gradients are added up in their own dtype, or rounded to a half type before and after") {
  check_sums({}, exact_sum);
  check_sums({.half = DType::bf16}, naive_sum<bf16>);
  check_sums({.half = DType::f16}, naive_sum<f16>);
}

TEST_CASE("a sum that f16 cannot hold is infinite on all ranks, one of bf16 is not") {
  for (const DType half : {DType::f16, DType::bf16}) {
    const auto failures = on_ranks(2, [&](Collectives& ranks) {
      Bench bench(size_t(1) << 20);
      Parameters parameters(*bench.backend, engine::precision_named("fp32"));
      parameters.add({.name = "w", .shape = {1, {2}}});
      parameters.allocate(1);
      float* gradient = parameters.gradient().as<float>();
      gradient[0] = 40000;                          // the sum is more than 65504
      gradient[1] = ranks.rank() == 1 ? 70000 : 1;  // so is this one's own value
      GradientSums sums(*bench.backend, parameters, {.half = half});
      Context c = bench.context();
      c.ranks = &ranks;
      sums.finish(c);
      for (const int i : {0, 1})
        if (std::isinf(gradient[i]) != (half == DType::f16)) throw std::runtime_error("lost");
    });
    CHECK(failures == no_failures(2));
  }
}

namespace {

// Writes down which elements are summed, and the first gradient at that moment.
class NotingRank : public ForwardingRank {
 public:
  NotingRank(Collectives& real, QueuedCpu& backend, const View& gradient)
      : ForwardingRank(real), backend_(backend), gradient_(gradient) {}
  void sum(const char* what, View v, kernels::Queue q) override {
    const auto first = v.as<float>() - gradient_.as<float>();
    backend_.log +=
        fmt::format("sum {}..{} ({}) ", first, first + v.shape.size(), gradient_.as<float>()[0]);
    ForwardingRank::sum(what, v, q);
  }

 private:
  QueuedCpu& backend_;
  View gradient_;
};

// Three parameters of 32 values; `twice` is used by two operations.
struct SmallModel {
  QueuedCpu backend;
  engine::Memory memory{backend, size_t(1) << 20, engine::MemoryKind::device};
  engine::Arena arena{memory.data(), memory.bytes()};
  engine::ConvPlans plans{backend};
  Parameters parameters{backend, engine::precision_named("fp32")};
  Parameters::Id once = parameters.add({.name = "once", .shape = {1, {32}}}),
                 twice = parameters.add({.name = "twice", .shape = {1, {32}}}),
                 last = parameters.add({.name = "last", .shape = {1, {32}}});
  SmallModel() { parameters.allocate(1); }

  // A step whose sum has the gradients 1, 2 and 1 times `seed`.
  void step(GradientSums& sums, Collectives& ranks, double seed) {
    parameters.zero_gradients(backend.queue(engine::Lane::compute));
    engine::Tape tape;
    parameters.watch(tape);
    Context c{.queue = backend.queue(engine::Lane::compute),
              .arena = arena,
              .plans = plans,
              .tape = &tape,
              .ranks = &ranks};
    sums.listen(c);
    Tensor x = add(c, parameters[once], parameters[twice]);
    x = add(c, x, parameters[twice]);
    x = add(c, x, parameters[last]);
    Tensor dy = c.empty(x.shape(), x.dtype());
    write(backend, dy, Values(32, seed));
    tape.backward(c, x, dy);
    sums.finish(c);
  }
};

}  // namespace

TEST_CASE("buckets are summed during the backward pass, each when its gradients are complete") {
  std::vector<std::string> logs(2);
  const auto failures = on_ranks(2, [&](Collectives& real) {
    SmallModel model;
    NotingRank rank(real, model.backend, model.parameters.gradient());
    GradientSums sums(model.backend, model.parameters, {.buckets = 3});
    for (const double seed : {1.0, 2.0}) {
      model.backend.log.clear();
      model.step(sums, rank, seed);
      const Values sum = read(model.backend, model.parameters.gradient());
      for (size_t i = 0; i < sum.size(); ++i)
        if (sum[i] != 2 * seed * (i / 32 == 1 ? 2 : 1)) throw std::runtime_error("a wrong sum");
      logs[size_t(rank.rank())] += model.backend.log + "| ";
    }
  });
  CHECK(failures == no_failures(2));
  // The first pass learns the order. In the second, no later gradient is there when the first
  // bucket is summed.
  CHECK(logs[0] ==
        "network<step sum 64..96 (1) network<step sum 0..32 (1) network<step sum 32..64 (2) "
        "step<network | "
        "network<step sum 64..96 (0) network<step sum 0..32 (2) network<step sum 32..64 (4) "
        "step<network | ");
  CHECK(logs[1] == logs[0]);
}

TEST_CASE("ranks that complete their gradients in different orders are refused") {
  const auto failures = on_ranks(2, [](Collectives& ranks) {
    SmallModel model;
    if (ranks.rank() == 1) std::swap(model.once, model.last);
    GradientSums sums(model.backend, model.parameters, {});
    model.step(sums, ranks, 1);
  });
  CHECK_THAT(failures[0], Catch::Contains("rank 1 on ") && Catch::Contains("in another order"));
}
