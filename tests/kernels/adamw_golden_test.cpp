// AdamW against torch.optim.AdamW, stored in tests/golden by tests/peers/make_adamw_golden.py.

#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/adamw.h"
#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/paths.h"

using namespace tests;
using kernels::AdamWOptions, kernels::OptimizerState;

TEST_CASE("adamw: PyTorch's weights after each of 40 updates, and its moments at the end") {
  std::ifstream file(tests::source_dir() / "tests/golden/adamw_torch.json");
  const auto golden = nlohmann::json::parse(file);
  const auto values = [&](const char* key) { return golden.at(key).get<Values>(); };
  const auto& r = golden.at("rule");
  const AdamWOptions rule{.beta1 = r.at("beta1"),
                          .beta2 = r.at("beta2"),
                          .epsilon = r.at("epsilon"),
                          .weight_decay = r.at("weight_decay")};

  const std::string device = GENERATE(from_range(devices()));
#ifdef SSD_CUDA_BUILD
  const DType master = DType::f32;
#else
  const DType master = GENERATE(DType::f32, DType::f64);
#endif
  Bench bench(device);
  Context c = bench.context();
  const Values start = values("start"), rates = values("rates");
  const auto n = int64_t(start.size());
  Tensor weight = c.empty({1, {n}}, master), gradient = c.empty({1, {n}}, master);
  Tensor first = c.empty({1, {n}}, master), second = c.empty({1, {n}}, master);
  Tensor scratch = c.empty({1, {kernels::update_scratch(n)}}, master);
  Tensor state_memory = c.empty({1, {sizeof(OptimizerState)}}, DType::u8);
  OptimizerState* state = View(state_memory).as<OptimizerState>();
  const OptimizerState begin;
  bench.backend->copy(state, &begin, sizeof begin, bench.queue());
  bench.backend->synchronize(bench.queue());
  write(weight, start);
  write(first, Values(start.size(), 0));
  write(second, Values(start.size(), 0));

  const double limit = master == DType::f64 ? 1e-13 : 2e-6;
  REQUIRE(rates.size() == 40);
  for (size_t i = 0; i < rates.size(); ++i) {
    CAPTURE(i);
    write(gradient, golden.at("gradients").at(i).get<Values>());
    kernels::adamw(bench.queue(),
                   {.weight = weight,
                    .gradient = gradient,
                    .scratch = scratch,
                    .state = state,
                    .decayed = golden.at("decayed")},
                   first, second, {.schedule = {.base_rate = rates[i]}}, rule);
    bench.backend->synchronize(bench.queue());
    CHECK(distance(read(weight), golden.at("weights").at(i).get<Values>()) < limit);
  }
  CHECK(distance(read(first), values("first_moment")) < limit);
  CHECK(distance(read(second), values("second_moment")) < limit);
}
