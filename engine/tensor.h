// A dense, contiguous array. Copies share memory; the memory returns to its arena with the last
// copy.
#pragma once
#include <memory>

#include "engine/arena.h"
#include "kernels/view.h"

namespace engine {

using kernels::DType;
using kernels::Shape;
using kernels::View;

inline size_t bytes_of(const View& v) { return size_t(v.shape.size() * kernels::size_of(v.dtype)); }

// The dtype that sums, statistics, losses and parameter gradients are kept in.
inline DType accumulator(DType t) { return t == DType::f64 ? DType::f64 : DType::f32; }

class Tensor {
 public:
  using Id = uint64_t;

  Tensor() = default;
  Tensor(Arena& arena, Shape shape, DType dtype)
      : memory_(arena.take(size_t(shape.size() * kernels::size_of(dtype))),
                [&arena](void* p) { arena.give_back(p); }),
        view_{memory_.get(), dtype, shape},
        id_(++last_id_) {}

  // Memory that outlives the tensor, such as a slice of the parameters.
  static Tensor borrow(View view) {
    Tensor t;
    t.memory_ = std::shared_ptr<void>(view.data, [](void*) {});
    t.view_ = view;
    t.id_ = ++last_id_;
    return t;
  }

  // The same memory under another shape of equal size, with an identity (and gradient) of its own.
  Tensor with_shape(Shape shape) const {
    Tensor t = *this;
    t.view_.shape = shape;
    t.id_ = ++last_id_;
    return t;
  }

  operator View() const { return view_; }
  const Shape& shape() const { return view_.shape; }
  DType dtype() const { return view_.dtype; }
  Id id() const { return id_; }
  bool unique() const { return memory_.use_count() == 1; }
  explicit operator bool() const { return memory_ != nullptr; }

 private:
  static inline Id last_id_ = 0;
  std::shared_ptr<void> memory_;
  View view_;
  Id id_ = 0;
};

}  // namespace engine
