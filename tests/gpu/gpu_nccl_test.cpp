// NCCL with one rank on a GPU: each call gives what it was given, also in a recorded graph. It is
// skipped, with the reason, where NCCL is missing.
#include <cstdio>

#include "engine/base/error.h"
#include "engine/nccl/collectives.h"
#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/engine/rank_threads.h"

using namespace tests;
using engine::Lane, engine::Memory, engine::MemoryKind;

namespace {

constexpr double kSeconds = 60;

std::unique_ptr<engine::Collectives> one_rank() {
  const engine::RankPlace place = local_places(1)[0];
  auto host = engine::make_tcp_collectives(engine::meet(place, kSeconds), 0, kSeconds);
  try {
    return engine::make_nccl_collectives(std::move(host), kSeconds);
  } catch (const base::Error& error) {
    std::fprintf(stderr, "skipped: %s\n", error.what());
    return nullptr;
  }
}

}  // namespace

TEST_CASE("one rank's sums, gatherings and broadcasts change nothing") {
  if (!have_gpu()) return;
  auto backend = open_backend("cuda:0");
  const auto ranks = one_rank();
  if (!ranks) return;
  const kernels::Queue queue = backend->queue(Lane::compute);
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    constexpr int64_t kValues = 1000;
    const size_t bytes = size_t(kValues * kernels::size_of(dtype));
    Memory mine(*backend, bytes, MemoryKind::device), all(*backend, bytes, MemoryKind::device);
    const View values{mine.data(), dtype, {1, {kValues}}},
        gathered{all.data(), dtype, {1, {kValues}}};
    Values expected(kValues);
    for (size_t i = 0; i < expected.size(); ++i) expected[i] = double(i % 100) - 50;
    write(*backend, values, expected);
    ranks->sum("values", values, queue);
    ranks->broadcast("values", values, 0, queue);
    const auto again = backend->record(queue, [&] {
      ranks->sum("values", values, queue);
      ranks->gather("values", values, gathered, queue);
    });
    REQUIRE(again);
    again();
    backend->synchronize(queue);
    CHECK(read(*backend, values) == expected);
    CHECK(read(*backend, gathered) == expected);
    CHECK(ranks->intact());
  }
}
