#include <set>

#include "engine/operation.h"
#include "engine/planning_backend.h"
#include "engine/replay.h"
#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"

using namespace tests;

namespace {

Tensor filled(const Context& c, double value, int64_t n = 3) {
  Tensor t = c.empty({1, {n}}, DType::f32);
  write(t, Values(size_t(n), value));
  return t;
}

}  // namespace

TEST_CASE("tape: gradients of several outputs and of shared operands add up") {
  Bench bench;
  {
    engine::Tape tape;
    Context c = bench.context(&tape);
    Tensor x = filled(c, 2), grad = filled(c, 100);
    tape.watch(x, grad);
    Tensor two = add(c, x, x), three = add(c, two, x);
    tape.backward(c, {two, three}, {filled(c, 1), filled(c, 10)});
    CHECK(read(grad) == Values(3, 100 + 2 * 1 + 3 * 10));
  }
  CHECK(bench.arena.empty());
}

TEST_CASE("tape: a gradient handed on twice is not summed in place") {
  Bench bench;
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor a = filled(c, 1), b = filled(c, 1), da = filled(c, 0), db = filled(c, 0);
  tape.watch(a, da);
  tape.watch(b, db);
  Tensor s = add(c, a, b);  // its gradient goes to a and b as one tensor
  Tensor t = add(c, add(c, s, a), s);
  tape.backward(c, t, filled(c, 1));
  CHECK(read(da) == Values(3, 3));
  CHECK(read(db) == Values(3, 2));
}

TEST_CASE("tape: what nobody watches is not recorded, and saves no memory") {
  Bench bench;
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor x = filled(c, 1);
  Tensor y = add(c, x, x);
  CHECK_FALSE(tape.wants(y));
  size_t live = bench.arena.live();
  y = {};
  CHECK(bench.arena.live() < live);
}

TEST_CASE("tape: an output that does not reach the loss costs nothing") {
  Bench bench;
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor x = filled(c, 1), grad = filled(c, 0);
  tape.watch(x, grad);
  Tensor used = add(c, x, x), unused = add(c, used, used);
  tape.backward(c, used, filled(c, 1));
  CHECK(read(grad) == Values(3, 2));
}

TEST_CASE("tape: a gradient is told complete after the last operation that adds to it, once") {
  Bench bench;
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor a = filled(c, 1), b = filled(c, 1), idle = filled(c, 1);
  Tensor da = filled(c, 0), db = filled(c, 0), none = filled(c, 0);
  tape.watch(a, da);
  tape.watch(b, db);
  tape.watch(idle, none);  // that nothing uses
  Tensor twice = add(c, a, a), sum = add(c, twice, b), more = add(c, sum, b);
  add(c, more, a);  // does not reach the loss
  std::string told;
  tape.when_complete([&](const Tensor& gradient) {
    const bool first = View(gradient).data == View(da).data;
    told += (first ? "a" : "b") + std::to_string(int(read(gradient)[0])) + " ";
  });
  tape.backward(c, more, filled(c, 1));
  CHECK(told == "b2 a2 ");
}

TEST_CASE("replay: a repeatable step is recorded, another is refused") {
  Bench bench;
  int runs = 0;
  engine::Replay good(*bench.backend, bench.arena, [&] {
    Context c = bench.context();
    Tensor a = filled(c, ++runs), b = add(c, a, a);
  });
  for (int i = 0; i < 4; ++i) good.run();
  CHECK(runs == 4);

  int64_t size = 100;
  engine::Replay growing(*bench.backend, bench.arena,
                         [&] { filled(bench.context(), 1, size += 1000); });
  growing.run();
  CHECK_THROWS_WITH(growing.run(), Catch::Contains("not repeatable"));

  Tensor kept;
  engine::Replay leaking(*bench.backend, bench.arena, [&] { kept = filled(bench.context(), 1); });
  CHECK_THROWS_WITH(leaking.run(), Catch::Contains("give back"));
}

namespace {

// A device on which recording fails after the work was queued, as some failures of CUDA do.
class WithoutRecording : public engine::PlanningBackend {
 public:
  using PlanningBackend::PlanningBackend;
  std::function<void()> record(kernels::Queue, const std::function<void()>& work) override {
    work();
    return {};
  }
};

}  // namespace

TEST_CASE("replay: what a device cannot record is queued anew, and still checked") {
  Bench bench;
  WithoutRecording device(*bench.backend);
  int queued = 0;
  engine::Replay step(device, bench.arena, [&] {
    ++queued;
    filled(bench.context(), 1);
  });
  step.run();
  CHECK(queued == 1);
  step.run();
  CHECK(queued == 3);
  step.run();
  step.run();
  CHECK(queued == 5);

  int64_t size = 100;
  engine::Replay growing(device, bench.arena, [&] { filled(bench.context(), 1, size += 1000); });
  growing.run();
  CHECK_THROWS_WITH(growing.run(), Catch::Contains("not repeatable"));
}

TEST_CASE("tape: the error of a gradient names its operation") {
  Bench bench;
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor x = filled(c, 1), grad = filled(c, 0), y = filled(c, 2);
  tape.watch(x, grad);
  {
    engine::Operation operation(c, "twofold");
    add(c, x, x);  // operations inside another do not change its name
    tape.record({x}, y, [](const Context&, const Tensor& dy) -> engine::Tensors {
      return {dy, dy};
    });
  }
  CHECK_THROWS_WITH(tape.backward(c, y, filled(c, 1)),
                    Catch::Contains("the gradient of twofold returns 2 tensors for 1 inputs"));
}

TEST_CASE("tensor: an identity is not used again after its tensor is gone") {
  Bench bench;
  Context c = bench.context();
  std::set<Tensor::Id> ids;
  for (int i = 0; i < 100; ++i) {
    const Tensor t = filled(c, 1), copy = t;
    ids.insert(t.id());
    ids.insert(copy.id());
    ids.insert(t.with_shape({2, {3, 1}}).id());
  }
  CHECK(ids.size() == 200);
  CHECK(bench.arena.empty());  // identities keep no memory
}
