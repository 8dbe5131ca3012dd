#include "tests/support/engine/op_run.h"

#include <algorithm>

namespace tests {

void OpRun::make_inputs(const std::vector<Values>* given) {
  Context c = bench.context();
  for (const Input& i : op.inputs) {
    const size_t k = in.size(), n = size_t(i.shape.size());
    in.push_back(c.empty(i.shape, i.accumulator_dtype ? engine::accumulator(dtype) : dtype));
    write(in[k], given ? (*given)[k] : i.make ? i.make(random) : uniform(random, n, i.low, i.high));
    values.push_back(read(in[k]));
    grads.push_back(i.differentiable ? c.empty(i.shape, engine::accumulator(dtype)) : Tensor());
    if (i.differentiable) write(grads[k], Values(n, 0.0));
  }
}

bool OpRun::differentiable() const {
  return std::any_of(op.inputs.begin(), op.inputs.end(),
                     [](const Input& i) { return i.differentiable; });
}

void OpRun::watch(engine::Tape& tape) const {
  for (size_t k = 0; k < in.size(); ++k)
    if (op.inputs[k].differentiable) tape.watch(in[k], grads[k]);
}

Values OpRun::backward(engine::Tape& tape, const Tensor& y, const Values& from) {
  Tensor dy = bench.context().empty(y.shape(), y.dtype());
  write(dy, from);
  Values seed = read(dy);
  tape.backward(bench.context(), y, dy);
  return seed;
}

}  // namespace tests
