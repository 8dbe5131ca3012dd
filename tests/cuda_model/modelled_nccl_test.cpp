// NCCL's collectives between ranks that are processes of this machine, each with a modelled GPU.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "engine/collectives/rendezvous.h"
#include "engine/nccl/collectives.h"
#include "tests/cuda_model/model.h"
#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/tools/rank_step.h"
#include "tools/run/roll_call.h"

using namespace tests;
using engine::Backend, engine::Collectives, engine::Lane, engine::Memory, engine::Place;

namespace {

constexpr double kSeconds = 120;  // of patience, on crowded machines
constexpr double kFewSeconds = 10;

struct Rank {
  Collectives& ranks;
  Backend& backend;
  kernels::Queue queue() const { return backend.queue(Lane::compute); }
};
using Work = std::function<void(const Rank&)>;

// In a new process. Its exit code: 0, that of the error, or what the model ends it with.
[[noreturn]] void become_rank(engine::RankPlace place, int gpu, double seconds, const Work& work) {
  ::setenv("CUDA_MODEL_DEVICES", "4", 1);
  ::setenv("CUDA_MODEL_SCHEDULE", "random", 1);  // another order of work on each rank
  ::setenv("CUDA_MODEL_SEED", std::to_string(place.rank + 1).c_str(), 1);
  int code = 0;
  try {
    auto backend = engine::make_cuda_backend(gpu, {});
    auto ranks = engine::make_nccl_collectives(
        engine::make_tcp_collectives(engine::meet(place, kSeconds), place.rank, seconds), seconds);
    work({*ranks, *backend});
  } catch (const base::Error& error) {
    code = int(error.code());
    std::fprintf(stderr, "rank %d: %s\n", place.rank, error.what());
  } catch (const std::exception& error) {
    code = 1;
    std::fprintf(stderr, "rank %d: %s\n", place.rank, error.what());
  }
  ::_exit(code);
}

// What ranks leave: their exit codes, and what they have said.
struct Ends {
  std::vector<int> codes;
  std::string said;
};

int end_of(pid_t process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct Circumstances {
  bool one_gpu = false;
  double seconds = kSeconds;  // of the ranks' patience
  int stopped = -1;           // a rank that stops itself: it is killed when another one has ended
};

Ends ends_on_gpus(int count, const Work& work, const Circumstances& c = {}) {
  const tests::TemporaryFolder folder;
  const std::string said = (folder.path() / "stderr").string();
  const engine::Socket listener = engine::listen_at(0, true);
  std::vector<pid_t> processes;
  for (int rank = 0; rank < count; ++rank) {
    const pid_t process = ::fork();
    if (process == 0 && ::dup2(::open(said.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 2) == 2)
      become_rank({.rank = rank,
                   .size = count,
                   .master = "127.0.0.1",
                   .port = engine::port_of(listener),
                   .job = "test",
                   .listener = rank == 0 ? listener.descriptor() : -1},
                  c.one_gpu ? 0 : rank, c.seconds, work);
    processes.push_back(process);
  }
  if (c.stopped >= 0) {
    siginfo_t first{};
    ::waitid(P_ALL, 0, &first, WEXITED | WNOWAIT);
    ::kill(processes[size_t(c.stopped)], SIGKILL);
  }
  Ends ends;
  for (const pid_t process : processes) ends.codes.push_back(end_of(process));
  ends.said = tests::text_of(said);
  std::fputs(ends.said.c_str(), stderr);
  return ends;
}

std::vector<int> on_gpus(int count, const Work& work) { return ends_on_gpus(count, work).codes; }

std::vector<int> all(int count, int code) {
  return std::vector<int>(static_cast<size_t>(count), code);
}

double term(int rank, size_t i) { return double((i * 7 + size_t(rank) * 13) % 31) - 11; }

// Memory of a rank's GPU with values.
struct Buffer {
  Memory memory;
  engine::View view;
  Buffer(const Rank& r, size_t size, DType dtype)
      : memory(r.backend, size * size_t(kernels::size_of(dtype)), Place::device),
        view{memory.data(), dtype, {1, {int64_t(size)}}} {}
};

void expect(bool right, const std::string& what) {
  if (!right) throw std::runtime_error("wrong: " + what);
}

void check_sum(const Rank& r, DType dtype, size_t size) {
  Buffer buffer(r, size, dtype);
  Values mine(size), sum(size);
  for (int rank = 0; rank < r.ranks.size(); ++rank)
    for (size_t i = 0; i < size; ++i) sum[i] += term(rank, i);
  for (size_t i = 0; i < size; ++i) mine[i] = term(r.ranks.rank(), i);
  write(r.backend, buffer.view, mine);
  r.ranks.sum("values", buffer.view, r.queue());
  r.backend.synchronize(r.queue());
  expect(read(r.backend, buffer.view) == sum, "a sum of " + std::to_string(size));
}

// Steps of this rank's detector.
struct Steps {
  RankStep step;
  Steps(const Rank& r, const char* precision, Collectives* ranks)
      : step({.precision = engine::precision_named(precision),
              .normalizer = model::LossNormalizer::global,
              .sync_batch_norm = true,
              .batch_size = RankStep::kImages / engine::count_of(ranks),
              .device = "cuda:" + std::to_string(r.ranks.rank())},
             ranks) {}
  void run(Collectives* ranks, bool endless = false) {
    std::vector<int> rows;
    for (int row = engine::rank_of(ranks); row < RankStep::kImages; row += engine::count_of(ranks))
      rows.push_back(row);
    step.step(rows, endless);
  }
  std::vector<Values> values() {
    std::vector<Values> all;
    for (const engine::View& view : step.weights())
      all.push_back(read(step.device().backend(), view));
    all.push_back(read(step.device().backend(), step.statistics()));
    return all;
  }
};

void expect_equal_weights(const Rank& r, Steps& steps) {
  const uint64_t hash = run::hash_of(steps.step.weights(), steps.step.device());
  const std::string mine(reinterpret_cast<const char*>(&hash), sizeof hash);
  for (const std::string& other : r.ranks.gather_bytes("hashes", mine))
    expect(other == mine, "the weights of another rank");
}

// The first call of all: outside what is recorded.
void make_communicator(const Rank& r) { check_sum(r, DType::f32, 1); }

// Repeats a recorded sum without end, as training does, while rank `failing` calls `fail` instead.
Work recorded_sums(int failing, const std::function<void()>& failure) {
  return [failing, failure](const Rank& r) {
    make_communicator(r);
    Buffer buffer(r, 8, DType::f32);
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
    CHECK(on_gpus(count, [](const Rank& r) {
            for (const DType dtype : {DType::f32, DType::f64, DType::f16, DType::bf16})
              for (const size_t size : {size_t(1), size_t(3), size_t(4093), size_t(600001)})
                check_sum(r, dtype, size);
          }) == all(count, 0));
}

TEST_CASE("ranks gather in order, take over the root's values, and repeat a recorded sum") {
  CHECK(on_gpus(3, [](const Rank& r) {
          const int rank = r.ranks.rank();
          Buffer mine(r, 5, DType::f32), everybody(r, 15, DType::f32);
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
  const auto codes = on_gpus(2, [](const Rank& r) {
    Buffer buffer(r, 8, DType::f32);
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
    const Ends ends = ends_on_gpus(2, recorded_sums(dying, [] { ::_exit(9); }));
    CHECK(ends.codes[size_t(dying)] == 9);
    CHECK(ends.codes[size_t(1 - dying)] == int(base::ExitCode::resources));
    CHECK_THAT(ends.said, Catch::Contains(in_words(dying) + " is gone") &&
                              Catch::Contains("the gathering of the next notes"));
  }
}

TEST_CASE("a rank that waits on its GPU for one that hangs ends within the timeout, and names it") {
  const auto start = std::chrono::steady_clock::now();
  const Ends ends = ends_on_gpus(3, recorded_sums(2, [] { ::raise(SIGSTOP); }),
                                 {.seconds = kFewSeconds, .stopped = 2});
  for (const int rank : {0, 1}) CHECK(ends.codes[size_t(rank)] == int(base::ExitCode::resources));
  CHECK_THAT(ends.said, Catch::Contains(in_words(2) + " did not answer") &&
                            Catch::Contains("the gathering of the next notes"));
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(std::chrono::duration<double>(took).count() < 3 * kFewSeconds);
}

TEST_CASE("a call on a GPU after the communicator was aborted says why") {
  const Ends ends = ends_on_gpus(2, [](const Rank& r) {
    make_communicator(r);
    if (r.ranks.rank() == 1) ::_exit(9);
    while (r.ranks.intact()) ::usleep(1000);
    Buffer buffer(r, 8, DType::f32);
    r.ranks.sum("moving statistics", buffer.view, r.queue());
  });
  CHECK(ends.codes == std::vector<int>{int(base::ExitCode::resources), 9});
  CHECK_THAT(ends.said,
             Catch::Contains(in_words(1) + " is gone") && Catch::Contains("moving statistics"));
}

TEST_CASE("two ranks on one GPU are refused in one line") {
  const Ends ends = ends_on_gpus(2, make_communicator, {.one_gpu = true});
  CHECK(ends.codes == all(2, int(base::ExitCode::resources)));
  CHECK_THAT(ends.said, Catch::Contains("rank 0: " + in_words(0) + " and " + in_words(1) +
                                        " have the same GPU (PCI 0000:01:00.0): "));
  CHECK(std::count(ends.said.begin(), ends.said.end(), '\n') == 2);  // one of each rank
}

TEST_CASE("ranks on GPUs train as one with all images, and have the same bits after every step") {
  for (const int count : {2, 4})
    CHECK(on_gpus(count, [](const Rank& r) {
            make_communicator(r);
            Steps alone(r, "fp32", nullptr), together(r, "fp32", &r.ranks);
            for (int i = 0; i < 3; ++i) {
              alone.run(nullptr);
              together.run(&r.ranks);
              expect_equal_weights(r, together);
            }
            const std::vector<Values> expected = alone.values(), got = together.values();
            for (size_t i = 0; i < got.size(); ++i)
              expect(distance(got[i], expected[i]) < 5e-5, "buffer " + std::to_string(i));
          }) == all(count, 0));
}

TEST_CASE("a step in fp16 whose gradients overflow on one rank is skipped by all") {
  CHECK(on_gpus(2, [](const Rank& r) {
          make_communicator(r);
          Steps steps(r, "fp16", &r.ranks);
          for (int i = 0; i < 4; ++i) {
            const std::vector<Values> before = steps.values();
            steps.run(&r.ranks, i == 2 && r.ranks.rank() == 1);
            expect_equal_weights(r, steps);
            expect((steps.values()[0] == before[0]) == (i == 2), "whether weights changed");
          }
          expect(steps.step.state().skipped == 1, "the number of skipped steps");
        }) == all(2, 0));
}
