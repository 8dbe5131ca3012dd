#pragma once
#include "engine/conv/conv.h"
#include "engine/tape.h"
#include "kernels/queue.h"

namespace engine {

class Branches;
class Collectives;
class Trace;

// Everything that an operation needs besides its arguments.
struct Context {
  kernels::Queue queue;
  Arena& arena;
  ConvPlans& plans;
  Tape* tape = nullptr;    // null if no gradients are wanted
  Trace* trace = nullptr;  // is told of every operation; may be null
  bool training = false;
  bool exact_f32 = true;                       // f32 convolutions of full precision, not TF32
  Narrowing narrowing = Narrowing::if_needed;  // of the gradients of weights, in half types
  // For inference. If it is not 0, the contents of weights change only together with this number,
  // so plans may keep reordered copies of them. Ignored if there is a tape.
  uint64_t weights_version = 0;
  Branches* branches = nullptr;  // if null, branches run one after the other
  Collectives* ranks = nullptr;  // if null, this process trains alone

  Tensor empty(Shape shape, DType dtype) const { return Tensor(arena, shape, dtype); }
};

}  // namespace engine
