// NCCL's collectives between ranks that are processes of this machine, each with a modelled GPU.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>

#include "engine/base/error.h"
#include "tests/cuda_model/model.h"
#include "tests/support/catch.h"
#include "tests/support/tools/gpu_ranks.h"

using namespace tests;

namespace {

constexpr double kFewSeconds = 10;

// Repeats a recorded sum without end, as training does, while rank `failing` calls `fail` instead.
GpuRankWork recorded_sums(int failing, const std::function<void()>& failure) {
  return [failing, failure](const GpuRank& r) {
    make_communicator(r);
    GpuBuffer buffer(r, 8, DType::f32);
    const auto repeat =
        r.backend.record(r.queue(), [&] { r.ranks.sum("gradients", buffer.view, r.queue()); });
    r.backend.synchronize(r.queue());
    if (r.ranks.rank() == failing) failure();
    repeat();
    r.backend.synchronize(r.queue());  // until the communicator is aborted
    expect(!r.ranks.intact(), "that a sum without all ranks counts");
    r.ranks.barrier("the next notes");
  };
}

// "rank 1 on HOST"
std::string in_words(int rank) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return "rank " + std::to_string(rank) + " on " + host.data();
}

}  // namespace

TEST_CASE("sums of whole numbers are exact on GPUs, for any size, dtype and number of ranks") {
  for (const int count : {2, 4})
    CHECK(on_gpus(count, [](const GpuRank& r) {
            for (const DType dtype : {DType::f32, DType::f64, DType::f16, DType::bf16})
              for (const size_t size :
                   {size_t(0), size_t(1), size_t(3), size_t(4093), size_t(600001)})
                check_sum(r, dtype, size);
          }) == all(count, 0));
}

TEST_CASE("ranks gather in order, take over the root's values, and repeat a recorded sum") {
  CHECK(on_gpus(3, [](const GpuRank& r) {
          const int rank = r.ranks.rank();
          GpuBuffer mine(r, 5, DType::f32), everybody(r, 15, DType::f32);
          write(r.backend, mine.view, Values(5, rank + 1));
          r.ranks.gather("values", mine.view, everybody.view, r.queue());
          r.backend.synchronize(r.queue());
          const Values got = read(r.backend, everybody.view);
          for (size_t i = 0; i < got.size(); ++i)
            expect(got[i] == double(i / 5 + 1), "a gathering");

          const auto repeat =
              r.backend.record(r.queue(), [&] { r.ranks.sum("values", mine.view, r.queue()); });
          expect(bool(repeat), "the recording");
          repeat();
          r.backend.synchronize(r.queue());
          expect(read(r.backend, mine.view) == Values(5, 18), "the sum of a sum");

          write(r.backend, mine.view, Values(5, rank));
          r.ranks.broadcast("values", mine.view, 2, r.queue());
          r.backend.synchronize(r.queue());
          expect(read(r.backend, mine.view) == Values(5, 2), "a broadcast");
        }) == all(3, 0));
}

TEST_CASE("ranks that make different calls break a rule") {
  const auto codes = on_gpus(2, [](const GpuRank& r) {
    GpuBuffer buffer(r, 8, DType::f32);
    write(r.backend, buffer.view, Values(8, 1));
    engine::View part = buffer.view;
    if (r.ranks.rank() == 1) part.shape = {1, {7}};
    r.ranks.sum("values", part, r.queue());
    r.backend.synchronize(r.queue());
  });
  CHECK((codes[0] == cuda_model::kRuleBroken || codes[1] == cuda_model::kRuleBroken));
}

TEST_CASE("a rank that waits on its GPU for one that has died ends, and names it") {
  for (const int dying : {0, 1}) {  // NCCL tells rank 1 of it, and leaves rank 0 waiting
    const GpuRankEnds ends = ends_on_gpus(2, recorded_sums(dying, [] { ::_exit(9); }));
    CHECK(ends.codes[size_t(dying)] == 9);
    CHECK(ends.codes[size_t(1 - dying)] == int(base::ExitCode::resources));
    CHECK_THAT(ends.said, Catch::Contains(in_words(dying) + " is gone") &&
                              Catch::Contains("the gathering of the next notes"));
  }
}

TEST_CASE("a rank that waits on its GPU for one that hangs ends within the timeout, and names it") {
  const auto start = std::chrono::steady_clock::now();
  const GpuRankEnds ends = ends_on_gpus(3, recorded_sums(2, [] { ::raise(SIGSTOP); }),
                                        {.seconds = kFewSeconds, .stopped = 2});
  for (const int rank : {0, 1}) CHECK(ends.codes[size_t(rank)] == int(base::ExitCode::resources));
  CHECK_THAT(ends.said, Catch::Contains(in_words(2) + " did not answer") &&
                            Catch::Contains("the gathering of the next notes"));
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(std::chrono::duration<double>(took).count() < 3 * kFewSeconds);
}

TEST_CASE("a call on a GPU after the communicator was aborted says why") {
  const GpuRankEnds ends = ends_on_gpus(2, [](const GpuRank& r) {
    make_communicator(r);
    if (r.ranks.rank() == 1) ::_exit(9);
    while (r.ranks.intact()) ::usleep(1000);
    GpuBuffer buffer(r, 8, DType::f32);
    r.ranks.sum("moving statistics", buffer.view, r.queue());
  });
  CHECK(ends.codes == std::vector<int>{int(base::ExitCode::resources), 9});
  CHECK_THAT(ends.said,
             Catch::Contains(in_words(1) + " is gone") && Catch::Contains("moving statistics"));
}

TEST_CASE("two ranks on one GPU are refused in one line") {
  const GpuRankEnds ends = ends_on_gpus(2, make_communicator, {.one_gpu = true});
  CHECK(ends.codes == all(2, int(base::ExitCode::resources)));
  CHECK_THAT(ends.said, Catch::Contains("rank 0: " + in_words(0) + " and " + in_words(1) +
                                        " have the same GPU (PCI 0000:01:00.0): "));
  CHECK(std::count(ends.said.begin(), ends.said.end(), '\n') == 2);  // one of each rank
}

TEST_CASE("an error that NCCL reports while a GPU works ends a rank, even one that is alone") {
  const GpuRankEnds ends = ends_on_gpus(1, [](const GpuRank& r) {
    ::setenv("CUDA_MODEL_NCCL_FAILS_AFTER", "3", 1);
    make_communicator(r);
    GpuBuffer buffer(r, 8, DType::f32);
    const auto repeat =
        r.backend.record(r.queue(), [&] { r.ranks.sum("gradients", buffer.view, r.queue()); });
    while (r.ranks.intact()) {
      repeat();
      r.backend.synchronize(r.queue());
      ::usleep(1000);
    }
    r.ranks.barrier("the next notes");
  });
  CHECK(ends.codes == all(1, int(base::ExitCode::resources)));
  CHECK_THAT(ends.said, Catch::Contains("the next notes: NCCL: an exchange of ranks: unhandled "
                                        "system error"));
}
