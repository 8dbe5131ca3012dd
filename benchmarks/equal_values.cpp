#include "benchmarks/equal_values.h"

#include <algorithm>

namespace benchmarks {

using engine::MemoryKind;

namespace {
constexpr size_t kPieceBytes = size_t(1) << 20;
}

EqualValues::EqualValues(engine::Backend& backend, size_t bytes, engine::DType dtype)
    : backend_(backend),
      queue_(backend.queue(engine::Lane::compute)),
      memory_(backend, bytes, MemoryKind::device),
      piece_(backend, std::min(bytes, kPieceBytes), MemoryKind::pinned),
      view_{memory_.data(), dtype, {1, {int64_t(bytes) / kernels::size_of(dtype)}}} {}

// Calls visit(place, bytes) for one part of the buffer after another.
template <class Visit> void EqualValues::each_piece(const Visit& visit) {
  auto* const start = static_cast<std::byte*>(memory_.data());
  for (size_t at = 0; at < memory_.bytes(); at += piece_.bytes())
    visit(start + at, std::min(piece_.bytes(), memory_.bytes() - at));
}

void EqualValues::fill(float value) {
  kernels::dispatch(view_.dtype, [&]<class T>() {
    std::fill_n(static_cast<T*>(piece_.data()), piece_.bytes() / sizeof(T), T(value));
  });
  each_piece([&](std::byte* to, size_t bytes) { backend_.copy(to, piece_.data(), bytes, queue_); });
  wait();
}

bool EqualValues::all_equal(float value) {
  bool all = true;
  each_piece([&](const std::byte* from, size_t bytes) {
    backend_.copy(piece_.data(), from, bytes, queue_);
    wait();
    kernels::dispatch(view_.dtype, [&]<class T>() {
      const auto* const values = static_cast<const T*>(piece_.data());
      all = all && std::all_of(values, values + bytes / sizeof(T),
                               [value](T x) { return float(x) == value; });
    });
  });
  return all;
}

}  // namespace benchmarks
