// A buffer on a device whose elements are all equal: what `ssdbench allreduce` adds up.
#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace benchmarks {

class EqualValues {
 public:
  // `bytes` is a whole number of elements. Throws Error(resources) if the device has too little.
  EqualValues(engine::Backend&, size_t bytes, engine::DType);

  kernels::View view() const { return view_; }
  kernels::Queue queue() const { return queue_; }
  void wait() { backend_.synchronize(queue_); }  // for what is queued
  // Both wait. `value` is one that the dtype has.
  void fill(float value);
  bool all_equal(float value);

 private:
  template <class Visit> void each_piece(const Visit&);

  engine::Backend& backend_;
  kernels::Queue queue_;
  engine::Memory memory_, piece_;  // the piece is the host's
  kernels::View view_;
};

}  // namespace benchmarks
