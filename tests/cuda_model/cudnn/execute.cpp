#include "tests/cuda_model/cudnn/execute.h"

#include <atomic>
#include <cstring>

#include "tests/cuda_model/cudnn/products.h"

namespace cuda_model::cudnn {
namespace {

// A value of ReLU. If NaN is not propagated it counts as the smallest number.
float relu(const PointwiseRule& r, float x) {
  if (!(x > float(r.lower)) && !(r.propagate_nan && x != x))
    return float(r.lower + r.slope * (x - r.lower));
  return r.clipped && x > float(r.upper) ? float(r.upper) : x;
}

// The documentation does not say which slope a clip itself has.
float relu_slope(const PointwiseRule& r, float x) {
  const bool at_clip = x == float(r.lower) || (r.clipped && x == float(r.upper));
  if (at_clip) return seed() % 2 ? 1 : float(r.slope);
  if (x > float(r.lower)) return r.clipped && x > float(r.upper) ? 0 : 1;
  return float(r.slope);
}

float applied(const Pointwise& p, float x, float b) {
  switch (p.rule.mode) {
    case CUDNN_POINTWISE_ADD:
      return p.alpha1 * x + p.alpha2 * b;
    case CUDNN_POINTWISE_SUB:
      return p.alpha1 * x - p.alpha2 * b;
    case CUDNN_POINTWISE_MUL:
      return p.alpha1 * x * (p.alpha2 * b);
    case CUDNN_POINTWISE_RELU_FWD:
      return relu(p.rule, x);
    case CUDNN_POINTWISE_RELU_BWD: {  // a product with 0 would make NaN of an infinite gradient
      const float slope = relu_slope(p.rule, x);
      return slope == 0 ? 0 : slope * b;
    }
    default:
      return x;
  }
}

// Calls work(n, h, w, c) in the order of Values.
template <class Work> void each_index(const Sizes& dims, Work work) {
  for (int64_t n = 0; n < dims[0]; ++n)
    for (int64_t h = 0; h < dims[2]; ++h)
      for (int64_t w = 0; w < dims[3]; ++w)
        for (int64_t c = 0; c < dims[1]; ++c) work(n, h, w, c);
}

// The index of a value, or of the only one along a dimension of size 1.
size_t place(const Sizes& d, int64_t n, int64_t h, int64_t w, int64_t c) {
  auto at = [](int64_t i, int64_t size) { return size == 1 ? 0 : i; };
  return size_t(((at(n, d[0]) * d[2] + at(h, d[2])) * d[3] + at(w, d[3])) * d[1] + at(c, d[1]));
}

class Interpreter {
 public:
  Interpreter(const Configuration& configuration, const std::map<int64_t, void*>& memory)
      : configuration_(configuration), memory_(memory) {}

  void run() {
    for (const Operation& operation : configuration_.graph.operations)
      std::visit([this](const auto& o) { carry_out(o); }, operation);
  }

 private:
  void carry_out(const Convolution& c) {
    const Tensor& to = result(c);
    const auto in = inputs(c);
    Values first = read(*in[0]), second = read(*in[1]);
    if (configuration_.engine->has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS) &&
        in[0]->type == CUDNN_DATA_FLOAT)
      round_to_tf32(first), round_to_tf32(second);
    Values values = products(c, first, second, summing(in[0]->type));
    const Values old = c.beta != 0 ? load(to, memory_.at(to.id)) : Values{};
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = c.alpha * values[i] + (old.empty() ? 0 : c.beta * old[i]);
    write(to, std::move(values));
  }

  void carry_out(const Pointwise& p) {
    const Values x = read(p.x), b = p.b ? read(*p.b) : Values{};
    Values y(size_t(p.y.size()));
    size_t i = 0;
    each_index(p.y.dims, [&](int64_t n, int64_t h, int64_t w, int64_t c) {
      y[i++] =
          applied(p, x[place(p.x.dims, n, h, w, c)], p.b ? b[place(p.b->dims, n, h, w, c)] : 0);
    });
    write(p.y, std::move(y));
  }

  void carry_out(const Statistics& s) {
    const Values x = read(s.x);
    Values squares(x.size());
    for (size_t i = 0; i < x.size(); ++i) squares[i] = x[i] * x[i];
    write(s.sum, sums(s.x, x, s.sum));
    write(s.sum_of_squares, sums(s.x, squares, s.sum_of_squares));
  }

  void carry_out(const Reduction& r) { write(r.y, sums(r.x, read(r.x), r.y)); }

  static Values sums(const Tensor& from, const Values& x, const Tensor& to) {
    std::vector<double> total(size_t(to.size()));
    size_t i = 0;
    each_index(from.dims, [&](int64_t n, int64_t h, int64_t w, int64_t c) {
      total[place(to.dims, n, h, w, c)] += double(x[i++]);
    });
    return Values(total.begin(), total.end());
  }

  Summing summing(cudnnDataType_t type) const {
    static std::atomic<uint64_t> runs = 0;
    const Engine& engine = *configuration_.engine;
    Summing how;
    how.parts = configuration_.parts;
    how.half_sums = engine.half_sums;
    how.half = type;
    if (engine.has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) how.shuffle = seed() * 1000 + ++runs;
    return how;
  }

  // What an operation made before, or what the caller gave.
  Values read(const Tensor& t) const {
    const auto found = made_.find(t.id);
    if (found != made_.end()) return found->second;
    const auto given = memory_.find(t.id);
    expect(given != memory_.end(), t.name() + " is used before it is made");
    return load(t, given->second);
  }

  void write(const Tensor& t, Values values) {
    if (configuration_.engine->fault == Engine::Fault::wrong && !t.is_virtual)
      for (float& v : values) v *= in_bf16() ? 1.05f : 1.01f;
    if (!t.is_virtual) store(t, values, memory_.at(t.id));
    // Whether a kernel that goes on with a result rounds it first is not documented.
    if (t.is_virtual || seed() % 2) round_to(t.type, values);
    made_[t.id] = std::move(values);
  }

  bool in_bf16() const {
    return inputs(configuration_.graph.convolution())[0]->type == CUDNN_DATA_BFLOAT16;
  }

  const Configuration& configuration_;
  const std::map<int64_t, void*>& memory_;
  std::map<int64_t, Values> made_;
};

}  // namespace

void execute(const Configuration& configuration, const std::map<int64_t, void*>& memory,
             void* workspace) {
  const auto bytes = size_t(configuration.workspace());
  if (bytes) std::memset(workspace, 0xff, bytes);
  Interpreter(configuration, memory).run();
}

}  // namespace cuda_model::cudnn
