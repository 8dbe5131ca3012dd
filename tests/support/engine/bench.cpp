#include "tests/support/engine/bench.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace tests {
namespace {

// Of this thread, which may be a rank, in order of construction. Reading waits for all of them: the
// memory may belong to any.
thread_local std::vector<engine::Backend*> living;

// Calls f<T>() with the C++ type of a tensor's elements.
template <class F> void with_type(DType dtype, F f) {
  if (dtype == DType::i32) return f.template operator()<int32_t>();
  if (dtype == DType::u8) return f.template operator()<uint8_t>();
  kernels::dispatch(dtype, f);
}

template <class T> T narrowed(double v) {
  if constexpr (std::is_integral_v<T>)
    return T(v);
  else
    return T(kernels::Acc<T>(v));
}

template <class T> double widened(T v) {
  if constexpr (std::is_integral_v<T>)
    return double(v);
  else
    return double(kernels::Acc<T>(v));
}

// The backend that reaches memory of every living bench of this thread: a GPU's copies reach the
// host's, too.
engine::Backend& copier() {
  static const std::unique_ptr<engine::Backend> host = engine::make_cpu_backend();
  engine::Backend* best = host.get();
  for (engine::Backend* b : living) {
    b->synchronize(b->queue(engine::Lane::compute));
    if (b->queue(engine::Lane::compute).gpu) best = b;
  }
  return *best;
}

class SeparatePieces final : public engine::Arena {
 public:
  explicit SeparatePieces(engine::Backend& backend) : Arena(nullptr, 0), backend_(backend) {}
  void* take(size_t bytes) override {
    auto piece = std::make_unique<engine::Memory>(backend_, bytes, engine::MemoryKind::device);
    void* p = piece->data();
    pieces_.emplace(p, std::move(piece));
    return p;
  }
  void give_back(void* p) override { pieces_.erase(p); }

 private:
  engine::Backend& backend_;
  std::map<void*, std::unique_ptr<engine::Memory>> pieces_;
};

}  // namespace

bool on_gpu(const std::string& device) { return device.starts_with("cuda"); }

bool have_gpu() {
  static const bool found = [] {
    const bool any = engine::cuda_devices() > 0;
    if (!any) std::fputs("no GPU here: what needs one is skipped\n", stderr);
    return any;
  }();
  return found;
}

const std::vector<std::string>& devices() {
  static const std::vector<std::string> all =
      have_gpu() ? std::vector<std::string>{"cpu", "cuda:0"} : std::vector<std::string>{"cpu"};
  return all;
}

engine::BackendOptions backend_options() {
  const char* folder = std::getenv("SSD_TEST_PLAN_CACHE");
  return {.deterministic = true, .plan_cache = folder ? folder : ""};
}

std::unique_ptr<engine::Backend> open_backend(const std::string& device) {
  return engine::make_backend(device, backend_options());
}

void write(engine::Backend& backend, const View& to, const Values& v) {
  with_type(to.dtype, [&]<class T>() {
    std::vector<T> typed;
    for (double x : v) typed.push_back(narrowed<T>(x));
    kernels::Queue queue = backend.queue(engine::Lane::compute);
    backend.copy(to.data, typed.data(), typed.size() * sizeof(T), queue);
    backend.synchronize(queue);
  });
}

Values read(engine::Backend& backend, const View& from) {
  Values v;
  with_type(from.dtype, [&]<class T>() {
    std::vector<T> typed(size_t(from.shape.size()));
    kernels::Queue queue = backend.queue(engine::Lane::compute);
    backend.copy(typed.data(), from.data, typed.size() * sizeof(T), queue);
    backend.synchronize(queue);
    for (T x : typed) v.push_back(widened(x));
  });
  return v;
}

void write(const Tensor& t, const Values& v) { write(copier(), t, v); }
Values read(const Tensor& t) { return read(copier(), t); }

Values uniform(std::mt19937& random, size_t n, double low, double high) {
  std::uniform_real_distribution<double> u(low, high);
  Values v(n);
  for (double& x : v) x = u(random);
  return v;
}

double distance(const Values& a, const Values& b) {
  if (a.size() != b.size()) return INFINITY;
  double d = 0, s = 1e-30;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i])) return INFINITY;
    d = std::max(d, std::fabs(a[i] - b[i]));
    s = std::max(s, std::fabs(b[i]));
  }
  return d / s;
}

Bench::Bench(size_t bytes, const std::string& device)
    : backend(open_backend(device)),
      memory(*backend, bytes, engine::MemoryKind::device),
      own_arena_(std::make_unique<engine::Arena>(memory.data(), bytes)),
      arena(*own_arena_),
      plans(*backend) {
  living.push_back(backend.get());
}

Bench::Bench(const std::string& device, Separate)
    : backend(open_backend(device)),
      memory(*backend, 1, engine::MemoryKind::device),
      own_arena_(std::make_unique<SeparatePieces>(*backend)),
      arena(*own_arena_),
      plans(*backend) {
  living.push_back(backend.get());
}

Bench::~Bench() { std::erase(living, backend.get()); }

Context Bench::context(engine::Tape* tape, bool training) {
  return {.queue = queue(), .arena = arena, .plans = plans, .tape = tape, .training = training};
}

}  // namespace tests
