#include "engine/parameters.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "kernels/elementwise.h"

namespace engine {
namespace {

constexpr int64_t kBoundary = 32;  // elements: 64 bytes in the narrowest working dtype

int64_t rounded(int64_t n) { return (n + kBoundary - 1) / kBoundary * kBoundary; }

uint64_t stream_of(const std::string& name) {  // FNV-1a
  uint64_t hash = 14695981039346656037ull;
  for (unsigned char c : name) hash = (hash ^ c) * 1099511628211ull;
  return hash;
}

// Box-Muller on counters 2n and 2n + 1.
double normal(uint64_t seed, uint64_t stream, uint64_t n) {
  double u = 1 - base::random_unit(seed, stream, 2 * n),
         v = base::random_unit(seed, stream, 2 * n + 1);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

double draw(const Init& init, uint64_t seed, uint64_t stream, uint64_t index) {
  if (init.kind == Init::Kind::constant) return init.value;
  constexpr uint64_t kRedraws =
      64;  // counters reserved per element; two deviations fail 64 times never
  for (uint64_t k = 0; k < kRedraws; ++k) {
    double x = normal(seed, stream, index * kRedraws + k);
    if (init.kind == Init::Kind::normal || std::fabs(x) <= 2) return init.value * x;
  }
  return 0;
}

}  // namespace

Parameters::Id Parameters::add(ParameterSpec spec) {
  SSD_CHECK(!master_, "parameters: add after allocate");
  entries_.push_back({.spec = std::move(spec)});
  return Id(entries_.size()) - 1;
}

Parameters::Id Parameters::add_statistic(std::string name, int64_t channels, double value) {
  SSD_CHECK(!master_, "parameters: add after allocate");
  statistics_.push_back({.name = std::move(name), .channels = channels, .start = value});
  return Id(statistics_.size()) - 1;
}

void Parameters::lay_out(const std::vector<std::string>& frozen) {
  for (const std::string& prefix : frozen) {
    bool used = false;
    for (Entry& e : entries_)
      if (e.spec.name.starts_with(prefix)) e.frozen = used = true;
    if (!used)
      base::fail(base::ExitCode::usage, "train.freeze: no parameter starts with '", prefix, "'");
  }
  auto place = [&](auto belongs) {
    for (Entry& e : entries_) {
      if (!belongs(e)) continue;
      e.offset = total_;
      total_ += rounded(e.spec.shape.size());
    }
  };
  place([](const Entry& e) { return e.spec.kernel && !e.frozen; });
  decayed_ = total_;
  place([](const Entry& e) { return !e.spec.kernel && !e.frozen; });
  trained_ = total_;
  if (trained_ == 0 && !frozen.empty())
    base::fail(base::ExitCode::usage,
               "train.freeze: every parameter of the model begins with one of these names, so "
               "nothing would be trained: leave one out");
  place([](const Entry& e) { return e.frozen; });
  for (Statistic& s : statistics_) {
    s.offset = statistic_total_;
    statistic_total_ += rounded(s.channels);
  }
}

View Parameters::slice(const std::unique_ptr<Memory>& memory, int64_t offset, Shape shape,
                       DType dtype) const {
  return {static_cast<char*>(memory->data()) + offset * kernels::size_of(dtype), dtype, shape};
}

View Parameters::master_of(const Entry& e) const {
  return slice(master_, e.offset, e.spec.shape, precision_.master);
}

void Parameters::allocate(uint64_t seed, const std::vector<std::string>& frozen, bool gradients) {
  lay_out(frozen);
  auto room = [&](int64_t elements, DType dtype) {
    return std::make_unique<Memory>(backend_, size_t(elements * kernels::size_of(dtype)),
                                    MemoryKind::device);
  };
  const DType master = precision_.master;
  master_ = room(total_, master);
  statistic_memory_ = room(statistic_total_, master);
  if (gradients) gradient_ = room(trained_, master);
  if (precision_.weights != master) working_ = room(total_, precision_.weights);

  for (Entry& e : entries_) {
    bool copied = e.spec.kernel && working_;
    e.working = Tensor::borrow(copied ? slice(working_, e.offset, e.spec.shape, precision_.weights)
                                      : master_of(e));
    if (gradients && !e.frozen)
      e.gradient = Tensor::borrow(slice(gradient_, e.offset, e.spec.shape, master));
  }
  for (Statistic& s : statistics_)
    s.value = Tensor::borrow(slice(statistic_memory_, s.offset, {1, {s.channels}}, master));
  initialise(seed);
}

void Parameters::initialise(uint64_t seed) {
  kernels::Queue queue = backend_.queue(Lane::compute);
  if (queue.plan) return;
  Memory staging(backend_,
                 size_t(std::max(total_, statistic_total_) * kernels::size_of(precision_.master)),
                 MemoryKind::pinned);
  kernels::dispatch(precision_.master, [&]<class T>() {
    T* values = static_cast<T*>(staging.data());
    std::fill(values, values + total_, T(0));
#pragma omp parallel for schedule(dynamic)
    for (size_t k = 0; k < entries_.size(); ++k) {
      const Entry& e = entries_[k];
      uint64_t stream = stream_of(e.spec.name);
      for (int64_t i = 0; i < e.spec.shape.size(); ++i)
        values[e.offset + i] = T(kernels::Acc<T>(draw(e.spec.init, seed, stream, uint64_t(i))));
    }
    backend_.copy(master_->data(), values, master_->bytes(), queue);
    backend_.synchronize(queue);
    std::fill(values, values + statistic_total_, T(0));
    for (const Statistic& s : statistics_)
      std::fill_n(values + s.offset, s.channels, T(kernels::Acc<T>(s.start)));
    backend_.copy(statistic_memory_->data(), values, statistic_memory_->bytes(), queue);
    backend_.synchronize(queue);
  });
  if (gradient_) zero_gradients(queue);
  refresh_working(queue);
  backend_.synchronize(queue);
}

void Parameters::watch(Tape& tape) const {
  for (const Entry& e : entries_)
    if (e.gradient) tape.watch(e.working, e.gradient);
}

void Parameters::zero_gradients(kernels::Queue queue) { kernels::fill(queue, gradient(), 0); }

void Parameters::refresh_working(kernels::Queue queue) {
  if (!working_) return;
  kernels::cast(queue, slice(master_, 0, {1, {total_}}, precision_.master),
                slice(working_, 0, {1, {total_}}, precision_.weights));
}

View Parameters::master() const { return slice(master_, 0, {1, {trained_}}, precision_.master); }
View Parameters::gradient() const {
  return slice(gradient_, 0, {1, {trained_}}, precision_.master);
}
View Parameters::working() const {
  return working_ ? slice(working_, 0, {1, {decayed_}}, precision_.weights) : View{};
}
View Parameters::statistics() const {
  return slice(statistic_memory_, 0, {1, {statistic_total_}}, precision_.master);
}

std::vector<Parameters::Declared> Parameters::declared() const {
  std::vector<Declared> all;
  for (const Entry& e : entries_) all.push_back({e.spec.name, e.spec.shape});
  for (const Statistic& s : statistics_) all.push_back({s.name, {1, {s.channels}}});
  return all;
}

std::vector<Parameters::Named> Parameters::named() const {
  std::vector<Named> all;
  for (const Entry& e : entries_)
    all.push_back({e.spec.name, master_of(e), e.offset, e.frozen, false});
  for (const Statistic& s : statistics_) all.push_back({s.name, s.value, s.offset, false, true});
  return all;
}

int64_t Parameters::trainable_values() const {
  int64_t n = 0;
  for (const Entry& e : entries_) n += e.spec.shape.size();
  return n;
}

Parameters::Bytes Parameters::bytes_by_use() const {
  auto of = [](const std::unique_ptr<Memory>& m) { return m ? m->bytes() : 0; };
  return {.values = of(master_) + of(statistic_memory_),
          .gradients = of(gradient_),
          .working = of(working_)};
}

View part_of(const View& flat, const Parameters::Named& named) {
  if (!flat || !named.trained()) return {};
  return {static_cast<char*>(flat.data) + named.offset * kernels::size_of(flat.dtype), flat.dtype,
          named.value.shape};
}

}  // namespace engine
