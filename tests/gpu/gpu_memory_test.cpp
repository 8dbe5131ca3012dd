// The GPU's own count of its memory while steps run. Other programs may use the GPU meanwhile: what
// a leak takes, it takes in every round; others do not.
#include <algorithm>
#include <functional>

#include "tests/support/catch.h"
#include "tests/support/engine/device_arrays.h"
#include "tests/support/tools/tiny_step.h"

using namespace tests;

namespace {

constexpr int kRounds = 8;

// The least that `work` took of the free memory in one of several rounds.
int64_t taken_in_every_round(const std::function<size_t()>& free_memory,
                             const std::function<void()>& work) {
  int64_t least = INT64_MAX;
  for (int round = 0; round < kRounds && least > 0; ++round) {
    const auto before = int64_t(free_memory());
    work();
    least = std::min(least, before - int64_t(free_memory()));
  }
  return least;
}

}  // namespace

TEST_CASE("a leak is told from another program's memory") {
  size_t free = 1000;
  int round = 0;
  auto memory = [&] { return free; };
  CHECK(taken_in_every_round(memory, [&] { free -= 3; }) == 3);
  CHECK(taken_in_every_round(memory, [&] { free -= ++round == 2 ? 100 : 3; }) == 3);
  CHECK(taken_in_every_round(memory, [] {}) == 0);
  round = 0;
  CHECK(taken_in_every_round(memory, [&] { free -= ++round < 5 ? 100 : 0; }) == 0);
  CHECK(taken_in_every_round(memory, [&] { free += 50; }) == -50);
}

TEST_CASE("a GPU's live memory is constant after the twentieth step") {
  if (!have_gpu()) return;
  TinyStep tiny("cuda:0", "fp16");
  tiny.run(20);
  CHECK(taken_in_every_round([&] { return tiny.device().backend().free_memory(); },
                             [&] { tiny.run(std::max(20, rounds(200))); }) <= 0);
}

TEST_CASE("memory of a GPU comes back with its owner") {
  if (!have_gpu()) return;
  auto backend = open_backend("cuda:0");
  { engine::Memory first(*backend, 1 << 20, engine::MemoryKind::device); }
  const auto use_and_leave = [] {
    Bench bench(size_t(512) << 20, "cuda:0");
    TinyStep tiny("cuda:0", "fp32");
    tiny.run(1);
  };
  use_and_leave();  // libraries keep some of what they ask for first
  CHECK(taken_in_every_round([&] { return backend->free_memory(); }, use_and_leave) < int64_t(16)
                                                                                          << 20);
}
