// Queues of a backend: what waits sees what it waited for, however late that comes; and recordings.
#include <algorithm>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/engine/test_kernels.h"

using namespace tests;
using engine::Lane, engine::Memory, engine::MemoryKind;

TEST_CASE("batches copied late in another queue are computed as if there were one queue") {
  const std::string device = GENERATE(from_range(devices()));
  constexpr int kValues = 4096;
  constexpr size_t kBytes = kValues * 4;
  auto backend = open_backend(device);
  const kernels::Queue copies = backend->queue(Lane::copy), work = backend->queue(Lane::compute);
  Memory staged(*backend, kBytes, MemoryKind::pinned), in(*backend, kBytes, MemoryKind::device);
  Memory out(*backend, kBytes, MemoryKind::device), result(*backend, kBytes, MemoryKind::pinned);
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
  Memory counts(*backend, kBranches * kValues * 4, MemoryKind::device);
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

namespace {

// A hundred numbers of a GPU that a kernel counts up.
struct Counts {
  static constexpr int kValues = 100;
  std::string told;  // lines for the user
  std::unique_ptr<engine::Backend> backend;
  kernels::Queue work;
  std::unique_ptr<Memory> memory;

  Counts() {
    engine::BackendOptions options = backend_options();
    options.tell = [this](const std::string& line) { told += line + "\n"; };
    backend = engine::make_backend("cuda:0", options);
    work = backend->queue(Lane::compute);
    memory = std::make_unique<Memory>(*backend, kValues * 4, MemoryKind::device);
    write(*backend, view(), Values(kValues, 0));
  }
  View view() const { return {memory->data(), DType::i32, {1, {kValues}}}; }
  void count() const { count_each(work, view()); }
};

}  // namespace

TEST_CASE("work that cannot be recorded is told in a line, and what comes after it runs") {
  if (!have_gpu()) return;
  Counts c;
  const auto refused = c.backend->record(c.work, [&] {
    c.count();
    const Memory forbidden(*c.backend, 16, MemoryKind::device);
  });
  CHECK_FALSE(refused);
  CHECK(c.told.find("warning: a step cannot be recorded as a CUDA graph") == 0);
  CHECK(std::count(c.told.begin(), c.told.end(), '\n') == 1);
  c.count();
  const auto again = c.backend->record(c.work, [&] { c.count(); });
  REQUIRE(again);
  again();
  CHECK(read(*c.backend, c.view()) == Values(Counts::kValues, 3));
}

TEST_CASE("another thread may allocate while work is recorded") {
  if (!have_gpu()) return;
  Counts c;
  std::unique_ptr<Memory> other;
  std::string failure;
  const auto again = c.backend->record(c.work, [&] {
    c.count();
    std::thread([&] {
      try {
        other = std::make_unique<Memory>(*c.backend, 16, MemoryKind::pinned);
      } catch (const std::exception& error) {
        failure = error.what();
      }
    }).join();
  });
  CHECK(failure.empty());
  REQUIRE(again);
  again();
  CHECK(read(*c.backend, c.view()) == Values(Counts::kValues, 2));
}
