// Queues of a backend: what waits sees what it waited for, however late that comes.

#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/engine/test_kernels.h"

using namespace tests;
using engine::Lane, engine::Memory, engine::Place;

TEST_CASE("batches copied late in another queue are computed as if there were one queue") {
  const std::string device = GENERATE(from_range(devices()));
  constexpr int kValues = 4096;
  constexpr size_t kBytes = kValues * 4;
  auto backend = open_backend(device);
  const kernels::Queue copies = backend->queue(Lane::copy), work = backend->queue(Lane::compute);
  Memory staged(*backend, kBytes, Place::pinned), in(*backend, kBytes, Place::device);
  Memory out(*backend, kBytes, Place::device), result(*backend, kBytes, Place::pinned);
  const Shape shape{1, {kValues}};
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::fill_n(static_cast<int32_t*>(staged.data()), kValues, round);
    delay(copies, int(random() % 200));
    backend->copy(in.data(), staged.data(), kBytes, copies);
    backend->wait(work, copies);
    delay(work, int(random() % 200));
    twice(work, {in.data(), DType::i32, shape}, {out.data(), DType::f32, shape});
    backend->wait(copies, work);  // the next copy must not overtake the kernel
    backend->copy(result.data(), out.data(), kBytes, work);
    backend->synchronize(copies);
    backend->synchronize(work);
    const float* got = static_cast<const float*>(result.data());
    REQUIRE(got[0] == 2 * float(round));
    REQUIRE(got[kValues - 1] == 2 * float(round));
  }
}

TEST_CASE("branches of a step run between a wait before and a wait after") {
  const std::string device = GENERATE(from_range(devices()));
  constexpr int kBranches = 5, kValues = 1000;
  auto backend = open_backend(device);
  const kernels::Queue work = backend->queue(Lane::compute);
  Memory counts(*backend, kBranches * kValues * 4, Place::device);
  const std::vector<int32_t> zeros(kBranches * kValues, 0);
  backend->copy(counts.data(), zeros.data(), counts.bytes(), work);
  backend->synchronize(work);
  auto step = [&] {
    for (int b = 0; b < kBranches; ++b) {
      const kernels::Queue branch = backend->branch(b);
      backend->wait(branch, work);
      delay(branch, 20 * b);
      count_each(branch,
                 {static_cast<char*>(counts.data()) + b * kValues * 4, DType::i32, {1, {kValues}}});
    }
    for (int b = 0; b < kBranches; ++b) backend->wait(work, backend->branch(b));
    count_each(work, {counts.data(), DType::i32, {1, {kBranches * kValues}}});
  };
  const std::function<void()> again = backend->record(work, step);  // runs it once
  for (int i = 0; i < 9; ++i) again();
  CHECK(read(*backend, {counts.data(), DType::i32, {1, {kBranches * kValues}}}) ==
        Values(kBranches * kValues, 20.0));
}
