// A dense, contiguous array (see kernels/view.h) that owns a share of its memory. Copies of a
// tensor share the memory, and the last of them returns it to its arena.
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
  class Id;

  Tensor() = default;  // empty, without memory
  // Takes memory from the arena, which must outlive the tensor. Throws Error(resources) if there is
  // none.
  Tensor(Arena& arena, Shape shape, DType dtype)
      : memory_(arena.take(size_t(shape.size() * kernels::size_of(dtype))),
                [&arena](void* p) { arena.give_back(p); }),
        view_{memory_.get(), dtype, shape},
        identity_(std::make_shared<char>()) {}

  // A tensor of memory that outlives it, such as a slice of the parameters.
  static Tensor borrow(View view) {
    Tensor t;
    t.memory_ = std::shared_ptr<void>(view.data, [](void*) {});
    t.view_ = view;
    t.identity_ = std::make_shared<char>();
    return t;
  }

  // The same memory under another shape of equal size. The result has an identity, and so a
  // gradient, of its own.
  Tensor with_shape(Shape shape) const {
    Tensor t = *this;
    t.view_.shape = shape;
    t.identity_ = std::make_shared<char>();
    return t;
  }

  operator View() const { return view_; }
  const Shape& shape() const { return view_.shape; }
  DType dtype() const { return view_.dtype; }
  Id id() const;
  bool unique() const { return memory_.use_count() == 1; }  // no other tensor shares the memory
  explicit operator bool() const { return memory_ != nullptr; }

 private:
  std::shared_ptr<void> memory_;
  View view_;
  std::shared_ptr<const void> identity_;
};

// Tells a tensor and its copies from all others, also after they are gone. An Id keeps no memory of
// the tensor. Ids of empty tensors are equal.
class Tensor::Id {
 public:
  Id() = default;
  friend bool operator<(const Id& a, const Id& b) { return a.identity_.owner_before(b.identity_); }

 private:
  friend class Tensor;
  explicit Id(const std::shared_ptr<const void>& identity) : identity_(identity) {}
  std::weak_ptr<const void> identity_;  // keeps the address from being used again
};

inline Tensor::Id Tensor::id() const { return Id(identity_); }

}  // namespace engine
