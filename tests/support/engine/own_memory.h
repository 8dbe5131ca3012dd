// Memory of its own for each operand of a kernel. A write behind a tensor in step memory would be
// noticed by nobody; the modelled GPU notices it behind a piece of memory (docs/cuda_model.md).
#pragma once
#include "tests/support/engine/bench.h"

namespace tests {

class OwnMemory {
 public:
  explicit OwnMemory(Bench& bench) : bench_(bench) {}

  // A view of the beginning of `whole`, all of which has this value. Inputs should go on behind
  // what is read: a result of NaN, of memory that nobody wrote, would write there what the modelled
  // GPU expects.
  View filled(DType dtype, const Shape& shape, double value, const Shape& whole) {
    kept_.push_back(std::make_unique<engine::Memory>(*bench_.backend,
                                                     size_t(whole.size()) * kernels::size_of(dtype),
                                                     engine::MemoryKind::device));
    View all{kept_.back()->data(), dtype, whole};
    write(Tensor::borrow(all), Values(size_t(whole.size()), value));
    return {all.data, dtype, shape};
  }

 private:
  Bench& bench_;
  std::vector<std::unique_ptr<engine::Memory>> kept_;
};

}  // namespace tests
