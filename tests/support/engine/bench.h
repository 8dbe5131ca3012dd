// A device with step memory for tests that build their own contexts, and values in and out of it.
#pragma once
#include <random>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/ops.h"

namespace tests {

using engine::Context, engine::DType, engine::Shape, engine::Tensor, engine::View;
using Values = std::vector<double>;

// What a test runs on: "cpu", and "cuda:0" where there is a GPU. In a TEST_CASE:
//   const std::string device = GENERATE(from_range(tests::devices()));
const std::vector<std::string>& devices();
bool on_gpu(const std::string& device);
// Whether there is a GPU; the first call without one says on stderr that GPU tests are skipped.
bool have_gpu();

// For tests: convolutions are chosen by rule, and kept in the folder that the environment variable
// SSD_TEST_PLAN_CACHE names, if any.
engine::BackendOptions backend_options();
std::unique_ptr<engine::Backend> open_backend(const std::string& device);

struct Bench {
  explicit Bench(size_t bytes = size_t(256) << 20, const std::string& device = "cpu");
  explicit Bench(const std::string& device) : Bench(size_t(256) << 20, device) {}
  // Gives each tensor, scratch included, memory of its own: the address sanitizer and the modelled
  // GPU notice what is written behind it. In step memory nobody would.
  static Bench of_separate_pieces(const std::string& device) { return Bench(device, Separate()); }
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  Context context(engine::Tape* tape = nullptr, bool training = true);
  kernels::Queue queue() { return backend->queue(engine::Lane::compute); }

  std::unique_ptr<engine::Backend> backend;
  engine::Memory memory;

 private:
  struct Separate {};
  Bench(const std::string& device, Separate);
  std::unique_ptr<engine::Arena> own_arena_;

 public:
  engine::Arena& arena;
  engine::ConvPlans plans;
};

// Values of memory on any device, after everything that the living benches have queued.
void write(const Tensor&, const Values&);
Values read(const Tensor&);
// The same of memory that belongs to `backend`.
void write(engine::Backend& backend, const View&, const Values&);
Values read(engine::Backend& backend, const View&);

Values uniform(std::mt19937& random, size_t n, double low, double high);
// The largest |a - b|, relative to the largest |b|; infinite where a value is not finite.
double distance(const Values& a, const Values& b);

}  // namespace tests
