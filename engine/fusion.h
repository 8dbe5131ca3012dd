// In the backward pass, an operation can let another one do a part of its work, so that this part
// needs no pass over memory of its own.
//
// Example: y = conv(x, w); n = batch_norm(y) + r; a = relu(n); z = conv(a, v). The tape has four
// steps. No other operation reads a. So the tape sees that the gradient of a, which the step of
// conv(a, v) computes, will be masked by relu, and that the batch norm before relu needs two sums
// of it. It tells that step.
//
//   conv(a, v)     receives dz, and for its input a the target
//                    {.may_fuse = true, .mask = relu, .saved = a,
//                     .wanted = {batch_norm, .x = y, .mean, .inv_std}}
//                  One convolution plan computes da = conv^T(dz, v), sets it to 0 where the slope
//                  of relu is 0, which makes it dn, and sums dn and dn * (y - mean) * inv_std over
//                  the pixels. The step returns dn with fused = true and the sums in dbeta, dgamma.
//   relu           has nothing left to do: the tape keeps dn, with its sums, as the gradient of n.
//   batch_norm(y)  receives {dn, dbeta, dgamma} and reads dn once, for dy, instead of twice. dn is
//                  the gradient of r, too. (Without r, batch norm and relu are one step, which
//                  needs no dn in memory: see engine/ops/batch_norm.cpp.)
//   conv(x, w)     receives dy. Its target for the parameter w has .sum = the gradient so far; the
//                  plan adds dw to that.
//
// If a target has may_fuse = false, the operation returns the plain gradient. The tape then adds
// and masks by itself, and a batch norm computes its own sums. The results differ by rounding
// alone.
#pragma once
#include <vector>

#include "engine/conv/shape.h"

namespace engine {

// The sums over pixels that an operation needs of its output's gradient: for its bias, or for its
// batch norm of x with these moments (see ChannelGrads).
struct ChannelGradsWanted {
  ChannelGrads kind = ChannelGrads::none;
  Tensor x, mean, inv_std;
};

// The gradient of an operation's output. dbeta and dgamma are the sums that the operation wants, if
// the step that computed the gradient has computed them, too; else they are empty.
struct OutputGrad {
  Tensor value, dbeta, dgamma;
};

// Where the gradient of one input goes, and what becomes of it there. An operation that can do all
// of that sets `fused` and returns the result instead of the plain gradient.
struct InputTarget {
  bool may_fuse = false;  // if false, `fused` is ignored and the next four are empty
  Tensor sum;             // earlier gradients, to add to in place; empty if there are none
  Activation mask = Activation::none;
  Tensor saved;  // the output of `mask`, which tells where its slope is 0
  ChannelGradsWanted wanted;
  bool fused = false;
  Tensor dbeta, dgamma;  // the wanted sums of the result
};

}  // namespace engine
