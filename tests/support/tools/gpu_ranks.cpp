#include "tests/support/tools/gpu_ranks.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "engine/base/error.h"
#include "engine/collectives/rendezvous.h"
#include "engine/nccl/collectives.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace tests {

using engine::MemoryKind;

namespace {

// In a new process.
[[noreturn]] void become_rank(engine::RankPlace place, const Circumstances& c,
                              const GpuRankWork& work) {
  ::setenv("CUDA_MODEL_DEVICES", "4", 1);
  ::setenv("CUDA_MODEL_SCHEDULE", c.schedule, 1);
  ::setenv("CUDA_MODEL_SEED", std::to_string(place.rank + 1).c_str(), 1);
  int code = 0;
  try {
    auto backend = engine::make_cuda_backend(c.one_gpu ? 0 : place.rank, {});
    auto ranks = engine::make_nccl_collectives(
        engine::make_tcp_collectives(engine::meet(place, kGpuRankSeconds), place.rank, c.seconds),
        c.seconds);
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

int end_of(pid_t process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

double term(int rank, size_t i) { return double((i * 7 + size_t(rank) * 13) % 31) - 11; }

}  // namespace

GpuRankEnds ends_on_gpus(int count, const GpuRankWork& work, const Circumstances& c) {
  const TemporaryFolder folder;
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
                  c, work);
    processes.push_back(process);
  }
  if (c.stopped >= 0) {
    siginfo_t first{};
    ::waitid(P_ALL, 0, &first, WEXITED | WNOWAIT);
    ::kill(processes[size_t(c.stopped)], SIGKILL);
  }
  GpuRankEnds ends;
  for (const pid_t process : processes) ends.codes.push_back(end_of(process));
  ends.said = text_of(said);
  std::fputs(ends.said.c_str(), stderr);
  return ends;
}

std::vector<int> on_gpus(int count, const GpuRankWork& work, const Circumstances& c) {
  return ends_on_gpus(count, work, c).codes;
}

std::vector<int> all(int count, int code) {
  return std::vector<int>(static_cast<size_t>(count), code);
}

GpuBuffer::GpuBuffer(const GpuRank& r, size_t size, DType dtype)
    : memory(r.backend, size * size_t(kernels::size_of(dtype)), MemoryKind::device),
      view{memory.data(), dtype, {1, {int64_t(size)}}} {}

void expect(bool right, const std::string& what) {
  if (!right) throw std::runtime_error("wrong: " + what);
}

void make_communicator(const GpuRank& r) { check_sum(r, DType::f32, 1); }

void check_sum(const GpuRank& r, DType dtype, size_t size) {
  GpuBuffer buffer(r, size, dtype);
  Values mine(size), sum(size);
  for (int rank = 0; rank < r.ranks.size(); ++rank)
    for (size_t i = 0; i < size; ++i) sum[i] += term(rank, i);
  for (size_t i = 0; i < size; ++i) mine[i] = term(r.ranks.rank(), i);
  write(r.backend, buffer.view, mine);
  r.ranks.sum("values", buffer.view, r.queue());
  r.backend.synchronize(r.queue());
  expect(read(r.backend, buffer.view) == sum, "a sum of " + std::to_string(size));
}

}  // namespace tests
