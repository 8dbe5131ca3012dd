#include "engine/optimizer.h"

#include "engine/planning_backend.h"
#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"

using namespace tests;
using engine::Optimizer, engine::OptimizerOptions, engine::Parameters, engine::RuleKind;

namespace {

constexpr double kAverageDecay = 0.75;

OptimizerOptions with_average(RuleKind kind) {
  return {.rule = {.kind = kind, .momentum = {.weight_decay = 0.01}},
          .update = {.schedule = {.base_rate = 0.125}, .average_decay = kAverageDecay}};
}

struct Sample {
  Bench bench;
  Parameters parameters;
  std::unique_ptr<Optimizer> optimizer;

  Sample(const std::string& device, RuleKind kind)
      : bench(device), parameters(*bench.backend, engine::precision_named("bf16")) {
    parameters.add({.name = "a/kernel",
                    .shape = {4, {8, 3, 3, 8}},
                    .init = {.kind = engine::Init::Kind::normal, .value = 1},
                    .kernel = true});
    parameters.add({.name = "a/bias", .shape = {1, {8}}, .init = {.value = 0.5}});
    parameters.add({.name = "frozen/bias", .shape = {1, {8}}, .init = {.value = 0.25}});
    parameters.allocate(1, {"frozen/"});
    optimizer = std::make_unique<Optimizer>(*bench.backend, parameters, with_average(kind));
  }

  void step() {
    Values gradient(size_t(parameters.trained()), 0.5);
    write(Tensor::borrow(parameters.gradient()), gradient);
    optimizer->step(bench.context());
    bench.backend->synchronize(bench.queue());
  }
  Values weights() { return read(Tensor::borrow(parameters.master())); }
  Values working() { return read(Tensor::borrow(parameters.working())); }
  Values average() { return read(Tensor::borrow(optimizer->average())); }
};

const RuleKind kKinds[] = {RuleKind::momentum, RuleKind::adamw};

}  // namespace

TEST_CASE("optimizer: weights and their average change places and come back, bit for bit") {
  const std::string device = GENERATE(from_range(devices()));
  for (RuleKind kind : kKinds) {
    Sample s(device, kind);
    s.step();
    s.step();
    const Values weights = s.weights(), working = s.working(), average = s.average();
    REQUIRE(weights != average);
    s.optimizer->swap_average(s.bench.queue());
    CHECK(s.weights() == average);
    CHECK(s.average() == weights);
    CHECK(s.working() != working);
    s.optimizer->swap_average(s.bench.queue());
    CHECK(s.weights() == weights);
    CHECK(s.average() == average);
    CHECK(s.working() == working);
  }
}

TEST_CASE("optimizer: an evaluation with averaged weights takes no memory") {
  class Counting : public engine::PlanningBackend {
   public:
    using PlanningBackend::PlanningBackend;
    void* allocate(size_t bytes, engine::MemoryKind kind) override {
      ++allocations;
      return PlanningBackend::allocate(bytes, kind);
    }
    int allocations = 0;
  };
  const auto backend = engine::make_cpu_backend();
  Counting counting(*backend);
  Parameters parameters(counting, engine::precision_named("fp32"));
  parameters.add({.name = "a/kernel", .shape = {4, {8, 3, 3, 8}}, .kernel = true});
  parameters.allocate(1);
  Optimizer optimizer(counting, parameters, with_average(RuleKind::adamw));
  REQUIRE(optimizer.average());
  const int before = counting.allocations;
  optimizer.swap_average(counting.queue(engine::Lane::compute));
  CHECK(counting.allocations == before);
}

TEST_CASE("optimizer: a rule's buffers start at zero, and frozen parameters are left alone") {
  const std::string device = GENERATE(from_range(devices()));
  for (RuleKind kind : kKinds) {
    Sample s(device, kind);
    CHECK(s.optimizer->rule_buffers().size() == (kind == RuleKind::adamw ? 2 : 1));
    for (const auto& [name, values] : s.optimizer->rule_buffers()) {
      CAPTURE(name);
      CHECK(read(Tensor::borrow(values)) == Values(size_t(s.parameters.trained()), 0));
    }
    s.step();
    for (const auto& named : s.parameters.named()) {
      CAPTURE(named.name);
      const engine::View buffer = part_of(s.optimizer->rule_buffers()[0].values, named);
      CHECK(bool(buffer) == named.trained());
      if (named.frozen) CHECK(read(Tensor::borrow(named.value)) == Values(8, 0.25));
      if (named.name == "a/bias") CHECK(read(Tensor::borrow(named.value))[0] < 0.5);
      if (buffer) CHECK(read(Tensor::borrow(buffer))[0] != 0);
    }
  }
}

TEST_CASE("optimizer: only a rule with L2 has a regularisation loss") {
  const std::string device = GENERATE(from_range(devices()));
  for (RuleKind kind : kKinds) {
    Sample s(device, kind);
    const double loss = read(s.optimizer->l2_loss(s.bench.context()))[0];
    CHECK((loss > 0) == (kind == RuleKind::momentum));
  }
}

TEST_CASE("optimizer: its state is read as all queued steps left it, and as it was written") {
  const std::string device = GENERATE(from_range(devices()));
  Sample s(device, RuleKind::momentum);
  CHECK(s.optimizer->read_state().step == 0);
  s.step();
  s.optimizer->step(s.bench.context());
  engine::OptimizerState state = s.optimizer->read_state();
  CHECK(state.step == 2);
  CHECK(state.learning_rate == 0.125);
  state.step = 7;
  state.loss_scale = 64;
  s.optimizer->write_state(state);
  const engine::OptimizerState written = s.optimizer->read_state();
  CHECK(written.step == 7);
  CHECK(written.loss_scale == 64);
}
