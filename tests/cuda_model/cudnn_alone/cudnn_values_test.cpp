// What the model of cuDNN computes, against loops in f64: each operation, in all types and layouts.
// And what it notices when a plan is executed.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>

#include "tests/cuda_model/cudnn_alone/cudnn_operand.h"
#include "tests/cuda_model/cudnn_alone/cudnn_stand_in.h"
#include "tests/support/catch.h"

using namespace tests;

namespace {

const CudnnCalls& calls() {
  static const CudnnCalls model("libcudnn.so.9");
  return model;
}

// Engines of the model; in f32 the first two round the factors to TF32.
constexpr int64_t kReady = 16, kCompiled = 17, kExact = 18, kFallback = 30;

// A handle, a graph, and a plan by one engine.
class Run {
 public:
  Run(const std::vector<const Made*>& operations, int64_t engine, int64_t parts = 1)
      : plan_(calls(), CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
    REQUIRE(calls().create(&handle_) == CUDNN_STATUS_SUCCESS);
    const Made of = graph(calls(), operations);
    Made chosen(calls(), CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    chosen.part(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, of)
        .number(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, engine)
        .finalize();
    Made knob(calls(), CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    knob.chosen(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, CUDNN_KNOB_TYPE_SPLIT_K_SLC)
        .number(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, parts)
        .finalize();
    Made with(calls(), CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    with.part(CUDNN_ATTR_ENGINECFG_ENGINE, chosen);
    with.parts(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, {&knob}).finalize();
    plan_.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle_)
        .part(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, with)
        .finalize();
  }
  ~Run() { calls().destroy(handle_); }

  cudnnStatus_t operator()(std::map<int64_t, void*> memory) {
    const auto bytes = plan_.read_numbers(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 1).at(0);
    workspace_ = std::make_unique<Workspace[]>(size_t(bytes / 16 + 1));
    void* at = workspace_.get();
    Sizes ids;
    std::vector<void*> pointers;
    for (const auto& [id, pointer] : memory) ids.push_back(id), pointers.push_back(pointer);
    Made pack(calls(), CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.numbers(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids)
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, int64_t(pointers.size()),
             pointers.data())
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &at)
        .finalize();
    return calls().execute(handle_, plan_.get(), pack.get());
  }

 private:
  struct alignas(16) Workspace {
    char bytes[16];
  };
  cudnnHandle_t handle_ = nullptr;
  Made plan_;
  std::unique_ptr<Workspace[]> workspace_;
};

struct Case {
  Pass pass;
  Sizes x, w;
  ConvolutionOf how;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  bool channels_last = true;
  float alpha = 1, beta = 0;
  int64_t engine = kExact, parts = 1;
};

Sizes y_of(const Case& c) {
  Sizes y{c.x[0], c.w[0]};
  for (size_t i = 0; i < 2; ++i)
    y.push_back(
        (c.x[i + 2] + c.how.pre[i] + c.how.post[i] - c.how.dilations[i] * (c.w[i + 2] - 1) - 1) /
            c.how.strides[i] +
        1);
  return y;
}

// Calls work(index of x, of w, of y) for every product.
template <class Work> void each_product(const Case& c, Work work) {
  const Sizes &x = c.x, &w = c.w, y = y_of(c);
  for (int64_t n = 0; n < y[0]; ++n)
    for (int64_t k = 0; k < y[1]; ++k)
      for (int64_t p = 0; p < y[2]; ++p)
        for (int64_t q = 0; q < y[3]; ++q)
          for (int64_t i = 0; i < w[1] * w[2] * w[3]; ++i) {
            const int64_t channel = i / (w[2] * w[3]), r = i / w[3] % w[2], s = i % w[3];
            const int64_t row = p * c.how.strides[0] - c.how.pre[0] + r * c.how.dilations[0];
            const int64_t column = q * c.how.strides[1] - c.how.pre[1] + s * c.how.dilations[1];
            if (row < 0 || row >= x[2] || column < 0 || column >= x[3]) continue;
            work(size_t(((n * x[1] + channel) * x[2] + row) * x[3] + column),
                 size_t(k * w[1] * w[2] * w[3] + i),
                 size_t(((n * y[1] + k) * y[2] + p) * y[3] + q));
          }
}

double difference(const Doubles& got, const Doubles& wanted) {
  REQUIRE(got.size() == wanted.size());
  double most = 0, size = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    most = std::max(most, std::isfinite(got[i]) ? std::fabs(got[i] - wanted[i]) : INFINITY);
    size = std::max(size, std::fabs(wanted[i]));
  }
  return most / size;
}

double limit(cudnnDataType_t type, int64_t engine = kExact) {
  if (type == CUDNN_DATA_FLOAT && engine <= kCompiled) return 1e-3;
  return type == CUDNN_DATA_FLOAT ? 2e-6 : type == CUDNN_DATA_HALF ? 1e-3 : 8e-3;
}

struct Convolved {
  explicit Convolved(const Case& c)
      : x(calls(), {1, c.x, c.type, false, strides(c, c.x)}, 1),
        w(calls(), {2, c.w, c.type, false, strides(c, c.w)}, 2),
        y(calls(), {3, y_of(c), c.type, false, strides(c, y_of(c))}, 3) {}
  static Sizes strides(const Case& c, const Sizes& d) {
    return c.channels_last ? nhwc(d) : nchw(d);
  }
  Operand& result(Pass pass) {
    return pass == Pass::forward ? y : pass == Pass::backward_data ? x : w;
  }
  Operand x, w, y;
};

void check(const Case& c) {
  Convolved o(c);
  Operand& result = o.result(c.pass);
  if (c.beta == 0) result.fill(NAN);
  const Doubles x = o.x.values(), w = o.w.values(), y = o.y.values(), old = result.values();
  Doubles wanted(old.size());
  each_product(c, [&](size_t i, size_t j, size_t k) {
    if (c.pass == Pass::forward) wanted[k] += x[i] * w[j];
    if (c.pass == Pass::backward_data) wanted[i] += w[j] * y[k];
    if (c.pass == Pass::backward_filter) wanted[j] += x[i] * y[k];
  });
  for (size_t i = 0; i < wanted.size(); ++i)
    wanted[i] = double(c.alpha) * wanted[i] + (c.beta != 0 ? double(c.beta) * old[i] : 0);
  const Made operation = convolution(calls(), c.pass, convolution_rule(calls(), c.how), o.x.made,
                                     o.w.made, o.y.made, c.alpha, c.beta);
  Run run({&operation}, c.engine, c.parts);
  CHECK(run({{1, o.x.data()}, {2, o.w.data()}, {3, o.y.data()}}) == CUDNN_STATUS_SUCCESS);
  CHECK(difference(result.values(), wanted) < limit(c.type, c.engine));
}

// x + b with a bias of each channel, then ReLU6, its statistics, and its sums.
struct Tail {
  explicit Tail(cudnnDataType_t type)
      : x(calls(), {1, {2, 8, 5, 4}, type}, 4),
        w(calls(), {2, {8, 8, 1, 1}, type}, 5),
        bias(calls(), {4, {1, 8, 1, 1}}, 6),
        y(calls(), {3, {2, 8, 5, 4}, type}, 7),
        sum(calls(), {5, {1, 8, 1, 1}}, 8),
        squares(calls(), {6, {1, 8, 1, 1}}, 9),
        total(calls(), {7, {1, 8, 1, 1}}, 10) {}
  Operand x, w, bias, y, sum, squares, total;

  std::vector<Made> operations(float scale) {
    auto between = [&](int64_t id) {
      return tensor(calls(), {id, y.of.dims, CUDNN_DATA_FLOAT, true});
    };
    auto rule = [](cudnnPointwiseMode_t mode) { return pointwise_rule(calls(), mode); };
    std::vector<Made> all;
    const Made a = between(10), b = between(11), c = between(12);
    all.push_back(convolution(calls(), Pass::forward, convolution_rule(calls(), {}), x.made, w.made,
                              a, scale));
    Made add = rule(CUDNN_POINTWISE_ADD), relu = rule(CUDNN_POINTWISE_RELU_FWD);
    add.finalize();
    relu.precise(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, 0)
        .precise(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, 6)
        .finalize();
    all.push_back(pointwise(calls(), add, a, &bias.made, b));
    all.push_back(pointwise(calls(), relu, b, nullptr, c));
    Made same = rule(CUDNN_POINTWISE_IDENTITY);
    same.finalize();
    all.push_back(pointwise(calls(), same, c, nullptr, y.made));
    Made statistics(calls(), CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR);
    statistics
        .chosen(CUDNN_ATTR_OPERATION_GENSTATS_MODE, CUDNN_TYPE_GENSTATS_MODE,
                CUDNN_GENSTATS_SUM_SQSUM)
        .type(CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC, CUDNN_DATA_FLOAT)
        .part(CUDNN_ATTR_OPERATION_GENSTATS_XDESC, y.made)
        .part(CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC, sum.made)
        .part(CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC, squares.made)
        .finalize();
    all.push_back(std::move(statistics));
    Made adding(calls(), CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
    adding
        .chosen(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE,
                CUDNN_REDUCE_TENSOR_ADD)
        .type(CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_DATA_FLOAT)
        .finalize();
    Made reduction(calls(), CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
    reduction.part(CUDNN_ATTR_OPERATION_REDUCTION_DESC, adding)
        .part(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, c)
        .part(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, total.made)
        .finalize();
    all.push_back(std::move(reduction));
    return all;
  }
};

std::string noticed(const std::function<void()>& work) {
  try {
    work();
    return "";
  } catch (const RuleBroken& broken) {
    return broken.what;
  }
}

}  // namespace

TEST_CASE("convolutions: three passes, types, layouts, strides, paddings, alpha and beta") {
  const ConvolutionOf same{{1, 1}, {1, 1}}, halved{{0, 1}, {1, 0}, {2, 2}},
      spread{{2, 2}, {2, 2}, {1, 1}, {2, 2}};
  for (Pass pass : {Pass::forward, Pass::backward_data, Pass::backward_filter})
    for (cudnnDataType_t type : {CUDNN_DATA_FLOAT, CUDNN_DATA_HALF, CUDNN_DATA_BFLOAT16})
      for (bool last : {true, false}) {
        INFO("pass " << int(pass) << " type " << int(type) << " channels last " << last);
        check({pass, {2, 16, 7, 6}, {8, 16, 3, 3}, same, type, last});
        check({pass, {2, 8, 9, 8}, {16, 8, 3, 3}, halved, type, last, 1.5f, 0.5f});
        check({pass, {1, 8, 5, 7}, {40, 8, 1, 1}, {}, type, last, 1, 1});
        check({pass, {1, 40, 7, 7}, {8, 40, 3, 3}, spread, type, last});
        // Channels that fill no words: half types have the fallback engine only.
        check({pass, {2, 3, 9, 9}, {5, 3, 3, 3}, halved, type, last, 1, 0, kFallback});
        check({pass, {2, 16, 7, 6}, {8, 16, 3, 3}, same, type, last, 1, 0, kCompiled, 4});
      }
}

TEST_CASE("TF32 rounds its factors, and only they") {
  Case c{Pass::forward, {1, 8, 4, 4}, {8, 8, 3, 3}, {{1, 1}, {1, 1}}};
  c.engine = kReady;
  Convolved o(c);
  Doubles x = o.x.values(), w = o.w.values(), wanted(o.y.values().size());
  for (Doubles* all : {&x, &w})
    for (double& v : *all) {
      int exponent = 0;
      const double fraction = std::frexp(v, &exponent);
      v = std::ldexp(std::nearbyint(fraction * 2048), exponent - 11);
    }
  each_product(c, [&](size_t i, size_t j, size_t k) { wanted[k] += x[i] * w[j]; });
  const Made operation =
      convolution(calls(), c.pass, convolution_rule(calls(), c.how), o.x.made, o.w.made, o.y.made);
  Run run({&operation}, kReady);
  CHECK(run({{1, o.x.data()}, {2, o.w.data()}, {3, o.y.data()}}) == CUDNN_STATUS_SUCCESS);
  CHECK(difference(o.y.values(), wanted) < 1e-6);
}

TEST_CASE("sums, clips, statistics and reductions behind a convolution") {
  for (cudnnDataType_t type : {CUDNN_DATA_HALF, CUDNN_DATA_BFLOAT16}) {
    Tail t(type);
    const Doubles x = t.x.values(), w = t.w.values(), bias = t.bias.values();
    Doubles y(x.size()), sum(8), squares(8);
    const Case c{Pass::forward, t.x.of.dims, t.w.of.dims, {}};
    each_product(c, [&](size_t i, size_t j, size_t k) { y[k] += 4 * x[i] * w[j]; });
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t channel = i / 20 % 8;
      y[i] = std::clamp(y[i] + bias[channel], 0.0, 6.0);
      sum[channel] += y[i];
      squares[channel] += y[i] * y[i];
    }
    const auto operations = t.operations(4);
    std::vector<const Made*> all;
    for (const Made& operation : operations) all.push_back(&operation);
    Run run(all, kCompiled);
    CHECK(run({{1, t.x.data()},
               {2, t.w.data()},
               {3, t.y.data()},
               {4, t.bias.data()},
               {5, t.sum.data()},
               {6, t.squares.data()},
               {7, t.total.data()}}) == CUDNN_STATUS_SUCCESS);
    CHECK(difference(t.y.values(), y) < limit(type));
    CHECK(difference(t.sum.values(), sum) < limit(type));
    CHECK(difference(t.squares.values(), squares) < limit(type));
    CHECK(difference(t.total.values(), sum) < 2e-6);
  }
}

TEST_CASE("what is wrong with a plan's memory is noticed") {
  const Case c{Pass::forward, {1, 8, 4, 4}, {8, 8, 1, 1}, {}, CUDNN_DATA_FLOAT, true, 1, 0, kReady};
  Convolved o(c);
  const Made operation =
      convolution(calls(), c.pass, convolution_rule(calls(), c.how), o.x.made, o.w.made, o.y.made);
  Run run({&operation}, kReady);
  void *const x = o.x.data(), *const w = o.w.data(), *const y = o.y.data();
  auto words = [&](std::map<int64_t, void*> memory) { return noticed([&] { run(memory); }); };
  CHECK(words({{1, x}, {2, w}, {3, y}}) == "");
  CHECK(words({{1, x}, {2, w}}) == "cuDNN: the variant pack lacks tensor 3");
  CHECK(words({{1, x}, {2, w}, {3, y}, {4, y}}) == "cuDNN: the graph has no tensor 4 in memory");
  CHECK(words({{1, x}, {2, w}, {3, nullptr}}) == "cuDNN: tensor 3 has no memory");
  CHECK(words({{1, x}, {2, w}, {3, x}}) == "cuDNN: tensor 3 is made where tensor 1 lies");
  CHECK(words({{1, x}, {2, w}, {3, static_cast<char*>(y) + 4}}) ==
        "cuDNN: tensor 3 is not aligned as declared");
  cuda_stand_in().in_device_memory = false;
  CHECK(words({{1, x}, {2, w}, {3, y}}) == "cuDNN: tensor 1 is not in a device's memory");
  cuda_stand_in().in_device_memory = true;
  cuda_stand_in().bytes_behind = 8 * 4 * 4 * 4 - 1;
  CHECK(words({{1, x}, {2, w}, {3, y}}) == "cuDNN: tensor 1 does not fit into its memory");
  cuda_stand_in().bytes_behind = 8 * 4 * 4 * 4;
  CHECK(words({{1, x}, {2, w}, {3, y}}) == "cuDNN: the workspace does not fit into its memory");
  cuda_stand_in() = {};
  cuda_stand_in().enqueued = cudaErrorStreamCaptureInvalidated;
  CHECK(run({{1, x}, {2, w}, {3, y}}) == CUDNN_STATUS_EXECUTION_FAILED_CUDART);
  cuda_stand_in() = {};
}

TEST_CASE("engines with faults have them") {
  const Case c{Pass::forward, {1, 8, 4, 4}, {8, 8, 1, 1}, {}, CUDNN_DATA_HALF};
  Convolved o(c);
  const Made operation =
      convolution(calls(), c.pass, convolution_rule(calls(), c.how), o.x.made, o.w.made, o.y.made);
  const std::map<int64_t, void*> memory{{1, o.x.data()}, {2, o.w.data()}, {3, o.y.data()}};
  CHECK_THROWS_AS(Run({&operation}, 10), CudnnRefusal);  // refuses when the plan is finalized
  CHECK_THROWS_AS(Run({&operation}, 12), CudnnRefusal);  // has nothing to do wrong here
  CHECK_THROWS_AS(Run({&operation}, kReady, 2), CudnnRefusal);
  CHECK(Run({&operation}, 11)(memory) == CUDNN_STATUS_EXECUTION_FAILED);
  CHECK(Run({&operation}, kReady)(memory) == CUDNN_STATUS_SUCCESS);
}
