#include "engine/collectives/rank_sum.h"

#include <algorithm>
#include <array>

namespace engine {
namespace {

constexpr size_t kBlock = 1024;  // elements whose sum stays in the first cache

template <class T>
void add_block(std::span<const void* const> terms, size_t first, size_t count, T* sum) {
  using A = kernels::Acc<T>;
  std::array<A, kBlock> total;
  const auto at = [&](size_t k) { return static_cast<const T*>(terms[k]) + first; };
  for (size_t i = 0; i < count; ++i) total[i] = A(at(0)[i]);
  for (size_t k = 1; k < terms.size(); ++k) {
    const T* term = at(k);
    for (size_t i = 0; i < count; ++i) total[i] += A(term[i]);
  }
  for (size_t i = 0; i < count; ++i) sum[first + i] = T(total[i]);
}

}  // namespace

void add_in_order(std::span<const void* const> terms, kernels::DType dtype, size_t elements,
                  void* sum) {
  kernels::dispatch(dtype, [&]<class T>() {
    for (size_t first = 0; first < elements; first += kBlock)
      add_block(terms, first, std::min(kBlock, elements - first), static_cast<T*>(sum));
  });
}

}  // namespace engine
