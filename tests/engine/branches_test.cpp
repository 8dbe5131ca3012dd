#include "engine/branches.h"
#include "tests/support/catch.h"

#include <string>

#include "engine/base/error.h"
#include "engine/parameters.h"
#include "tests/support/engine/gradient_sample.h"
#include "tests/support/engine/queued_cpu.h"

using namespace tests;

namespace {

struct BranchBench {
  QueuedCpu backend;
  engine::Memory memory{backend, size_t(256) << 20, engine::MemoryKind::device};
  engine::Arena arena{memory.data(), memory.bytes()};
  engine::ConvPlans plans{backend};
  engine::Branches branches{backend, arena};

  Context context(engine::Tape* tape, bool branched) {
    return {.queue = backend.queue(engine::Lane::compute),
            .arena = arena,
            .plans = plans,
            .tape = tape,
            .training = true,
            .branches = branched ? &branches : nullptr};
  }
};

// All gradients and moving statistics after one step from random output gradients.
Values detector_step(BranchBench& bench, bool branched) {
  engine::Parameters parameters(bench.backend, engine::precision_named("fp32"));
  model::Detector detector(parameters, tiny_detector());
  parameters.allocate(1);
  engine::Tape tape;
  parameters.watch(tape);
  Context c = bench.context(&tape, branched);
  std::mt19937 random(3);
  auto drawn = [&](Shape shape) {
    Tensor t = c.empty(shape, DType::f32);
    write(t, uniform(random, size_t(shape.size()), -1, 1));
    return t;
  };
  engine::Tensors outputs, seeds;
  {
    model::Predictions out = detector.forward(c, drawn({4, {2, 64, 96, 3}}));
    for (const auto* maps : {&out.class_logits, &out.box_codes})
      for (const Tensor& map : *maps) outputs.push_back(map), seeds.push_back(drawn(map.shape()));
  }
  tape.backward(c, outputs, seeds);
  outputs = seeds = {};
  CHECK(bench.arena.empty());
  Values all = read(Tensor::borrow(parameters.gradient()));
  const Values statistics = read(Tensor::borrow(parameters.statistics()));
  all.insert(all.end(), statistics.begin(), statistics.end());
  return all;
}

}  // namespace

TEST_CASE("branches: a branch gets back its own memory only, until all have joined") {
  std::vector<char> block(1 << 16);
  engine::Arena arena(block.data(), block.size());
  void* older = arena.take(256);
  arena.open_branches();
  arena.enter_branch(0);
  void* mine = arena.take(256);
  arena.give_back(mine);
  CHECK(arena.take(256) == mine);
  arena.give_back(mine);
  arena.give_back(older);  // others may still read it
  CHECK(arena.take(256) == mine);
  CHECK(arena.take(256) != older);
  arena.enter_branch(1);
  void* other = arena.take(256);
  CHECK(other != mine);
  CHECK(other != older);
  CHECK_THROWS_AS(arena.open_branches(), base::Error);
  arena.close_branches();
  CHECK(arena.take(256) == older);
}

TEST_CASE("branches: gradients are told complete when all branches have joined") {
  BranchBench bench;
  engine::Tape tape;
  Context c = bench.context(&tape, true);
  const auto filled = [&](double value) {
    Tensor t = c.empty({1, {4}}, DType::f32);
    write(t, Values(4, value));
    return t;
  };
  Tensor shared = filled(1), own = filled(1), dshared = filled(0), down = filled(0);
  tape.watch(shared, dshared);
  tape.watch(own, down);
  Tensor outputs[2];
  engine::run_branches(c, 2, [&](const Context& branch, int i) {
    outputs[i] = add(branch, shared, i == 0 ? own : shared);
  });
  tape.when_complete([&](const Tensor& gradient) {
    const bool is_own = View(gradient).data == View(down).data;
    bench.backend.log += (is_own ? "own" : "shared") + std::to_string(int(read(gradient)[0])) + " ";
  });
  Tensor total = add(c, outputs[0], outputs[1]), seed = filled(1);
  bench.backend.log.clear();
  tape.backward(c, total, seed);
  CHECK(bench.backend.log == "1<step 0<step step<0 step<1 shared3 own1 ");
}

TEST_CASE("branches: fork once each, join all, forward and backward") {
  BranchBench bench;
  engine::Tape tape;
  Context c = bench.context(&tape, true);
  Tensor x = c.empty({1, {4}}, DType::f32), dx = c.empty({1, {4}}, DType::f32);
  write(x, Values(4, 1.0)), write(dx, Values(4, 0.0));
  tape.watch(x, dx);
  Tensor sums[2];
  std::string queues;
  engine::run_branches(c, 2, [&](const Context& branch, int i) {
    queues += bench.backend.label(branch.queue) + " ";
    sums[i] = add(branch, add(branch, x, x), x);
  });
  CHECK(queues == "0 1 ");
  CHECK(bench.backend.log == "0<step 1<step step<0 step<1 ");
  bench.backend.log.clear();
  Tensor total = add(c, sums[0], sums[1]), seed = c.empty({1, {4}}, DType::f32);
  write(seed, Values(4, 1.0));
  tape.backward(c, total, seed);
  CHECK(bench.backend.log == "1<step 0<step step<0 step<1 ");
  CHECK(read(dx) == Values(4, 6.0));
}

TEST_CASE("branches: none takes memory that another one gave back") {
  BranchBench bench;
  Context c = bench.context(nullptr, true);
  const void* taken[3];
  engine::run_branches(c, 3, [&](const Context& branch, int i) {
    taken[i] = View(branch.empty({1, {100}}, DType::f32)).data;
  });
  CHECK(taken[0] != taken[1]);
  CHECK(taken[0] != taken[2]);
  CHECK(taken[1] != taken[2]);
}

TEST_CASE("branches: a failing branch leaves memory usable") {
  BranchBench bench;
  Context c = bench.context(nullptr, true);
  CHECK_THROWS_AS(engine::run_branches(c, 2,
                                       [&](const Context& branch, int i) {
                                         Tensor t = branch.empty({1, {100}}, DType::f32);
                                         SSD_CHECK(i == 0, "the second branch fails");
                                       }),
                  base::Error);
  CHECK(bench.arena.empty());
  CHECK(bench.arena.take(bench.arena.size()) == bench.memory.data());
}

TEST_CASE("branches: a detector's gradients are the same bits with and without") {
  BranchBench bench;
  const Values plain = detector_step(bench, false);
  CHECK(bench.backend.log.empty());
  const Values branched = detector_step(bench, true);
  CHECK(branched == plain);
  CHECK(bench.backend.log.find("9<step") != std::string::npos);  // ten towers
  bench.arena.reset_trace();
  detector_step(bench, true);
  const uint64_t trace = bench.arena.trace();
  bench.arena.reset_trace();
  detector_step(bench, true);
  CHECK(bench.arena.trace() == trace);
}
