// Ranks that are processes of this machine, each with a modelled GPU (tests/cuda_model).
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/collectives/collectives.h"
#include "tests/support/engine/bench.h"

namespace tests {

constexpr double kGpuRankSeconds = 120;  // of patience, on crowded machines

struct GpuRank {
  engine::Collectives& ranks;
  engine::Backend& backend;
  kernels::Queue queue() const { return backend.queue(engine::Lane::compute); }
};
using GpuRankWork = std::function<void(const GpuRank&)>;

// What ranks leave: their exit codes, and what they have said.
struct GpuRankEnds {
  std::vector<int> codes;
  std::string said;
};

struct Circumstances {
  bool one_gpu = false;
  double seconds = kGpuRankSeconds;  // of the ranks' patience
  int stopped = -1;  // a rank that stops itself: it is killed when another one has ended
  const char* schedule = "random";  // of the modelled GPUs: another order of work on each rank
};

// Runs `work` on so many ranks. A rank's exit code is 0, that of an error, or what the model ends
// it with.
GpuRankEnds ends_on_gpus(int count, const GpuRankWork& work, const Circumstances& = {});
std::vector<int> on_gpus(int count, const GpuRankWork& work, const Circumstances& = {});
std::vector<int> all(int count, int code);

// Memory of a rank's GPU with values.
struct GpuBuffer {
  engine::Memory memory;
  engine::View view;
  GpuBuffer(const GpuRank& r, size_t size, DType dtype);
};

// Ends the rank with a line that names what is wrong.
void expect(bool right, const std::string& what);

// The first call of all, which must not be recorded. It also checks a sum.
void make_communicator(const GpuRank&);
// A sum of whole numbers, against the exact one.
void check_sum(const GpuRank&, DType, size_t size);

}  // namespace tests
