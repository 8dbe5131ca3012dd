// What the model of cuDNN refuses, with cuDNN's own status, and what it notices although cuDNN lets
// it through. Where cuDNN is installed, the refusals are compared with it: this needs no GPU.
#include <functional>

#include "tests/cuda_model/cudnn_alone/cudnn_calls.h"
#include "tests/cuda_model/cudnn_alone/cudnn_stand_in.h"
#include "tests/support/catch.h"

using namespace tests;

namespace {

const CudnnCalls& model() {
  static const CudnnCalls calls("libcudnn.so.9");  // linked with this program, so it is the model
  return calls;
}

using Steps = std::function<void(const CudnnCalls&)>;

cudnnStatus_t status_of(const CudnnCalls& calls, const Steps& steps) {
  try {
    steps(calls);
    return CUDNN_STATUS_SUCCESS;
  } catch (const CudnnRefusal& refusal) {
    return refusal.status;
  }
}

std::string noticed(const Steps& steps) {
  try {
    steps(model());
    return "";
  } catch (const CudnnRefusal& refusal) {
    return model().error_string(refusal.status);
  } catch (const RuleBroken& broken) {
    return broken.what;
  }
}

const TensorOf kX{1, {2, 8, 6, 6}}, kW{2, {16, 8, 3, 3}}, kY{3, {2, 16, 6, 6}};
const ConvolutionOf kSame{{1, 1}, {1, 1}};

TensorOf with(TensorOf t, const std::function<void(TensorOf&)>& change) {
  change(t);
  return t;
}
TensorOf between(int64_t id) { return {id, kY.dims, CUDNN_DATA_FLOAT, true}; }

Steps tensor_with(const std::function<void(TensorOf&)>& change) {
  return [=](const CudnnCalls& c) { tensor(c, with(kX, change)); };
}
Steps tensor_without(Name name) {
  return [=](const CudnnCalls& c) {
    Made t(c, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    auto numbers = [&](Name n, const Sizes& v) {
      if (n != name) t.numbers(n, v);
    };
    numbers(CUDNN_ATTR_TENSOR_UNIQUE_ID, {1});
    numbers(CUDNN_ATTR_TENSOR_DIMENSIONS, kX.dims);
    numbers(CUDNN_ATTR_TENSOR_STRIDES, nhwc(kX.dims));
    numbers(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, {16});
    if (name != CUDNN_ATTR_TENSOR_DATA_TYPE) t.type(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_DATA_FLOAT);
    t.finalize();
  };
}
Steps convolution_with(const ConvolutionOf& how, TensorOf x = kX, TensorOf w = kW, TensorOf y = kY,
                       float alpha = 1, float beta = 0) {
  return [=](const CudnnCalls& c) {
    convolution(c, Pass::forward, convolution_rule(c, how), tensor(c, x), tensor(c, w),
                tensor(c, y), alpha, beta);
  };
}
Steps binary_with(TensorOf x, TensorOf b, TensorOf y) {
  return [=](const CudnnCalls& c) {
    Made rule = pointwise_rule(c, CUDNN_POINTWISE_ADD);
    rule.finalize();
    const Made bias = tensor(c, b);
    pointwise(c, rule, tensor(c, x), &bias, tensor(c, y));
  };
}
Steps reduction_with(TensorOf x, TensorOf y,
                     cudnnReduceTensorOp_t operation = CUDNN_REDUCE_TENSOR_ADD) {
  return [=](const CudnnCalls& c) {
    Made rule(c, CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
    rule.chosen(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, operation)
        .type(CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_DATA_FLOAT)
        .finalize();
    Made op(c, CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
    op.part(CUDNN_ATTR_OPERATION_REDUCTION_DESC, rule)
        .part(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, tensor(c, x))
        .part(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, tensor(c, y))
        .finalize();
  };
}

// A convolution into `from`, and ReLU from `from` to `to`; a graph of both, `again` times.
struct Chain {
  TensorOf made = between(10), read = between(10), to = with(kY, [](TensorOf&t) { t.id = 4; });
  int again = 1;
};
Steps graph_with(const Chain& chain) {
  return [=](const CudnnCalls& c) {
    const Made conv = convolution(c, Pass::forward, convolution_rule(c, kSame), tensor(c, kX),
                                  tensor(c, kW), tensor(c, chain.made));
    Made rule = pointwise_rule(c, CUDNN_POINTWISE_RELU_FWD);
    rule.finalize();
    const Made relu = pointwise(c, rule, tensor(c, chain.read), nullptr, tensor(c, chain.to));
    std::vector<const Made*> all{&conv};
    for (int i = 0; i < chain.again; ++i) all.push_back(&relu);
    graph(c, all);
  };
}

struct Refused {
  const char* what;
  cudnnStatus_t status;
  Steps steps;
};

std::vector<Refused> calls_refused() {
  auto fresh = [](const CudnnCalls& c) { return Made(c, CUDNN_BACKEND_TENSOR_DESCRIPTOR); };
  static const int64_t values[2] = {1, 2};
  auto set = [fresh](Name name, cudnnBackendAttributeType_t type, int64_t count, const void* v) {
    return [=](const CudnnCalls& c) { fresh(c).set(name, type, count, v); };
  };
  return {
      {"a right tensor", CUDNN_STATUS_SUCCESS, tensor_with([](TensorOf&) {})},
      {"an attribute of another descriptor", CUDNN_STATUS_BAD_PARAM,
       set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, values)},
      {"another type", CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE,
       set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_DATA_TYPE, 1, values)},
      {"two values for one", CUDNN_STATUS_BAD_PARAM,
       set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 2, values)},
      {"no value", CUDNN_STATUS_BAD_PARAM,
       set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 0, values)},
      {"values at null", CUDNN_STATUS_BAD_PARAM,
       set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, nullptr)},
      {"set after finalizing", CUDNN_STATUS_BAD_PARAM,
       [](const CudnnCalls& c) { tensor(c, kX).number(CUDNN_ATTR_TENSOR_UNIQUE_ID, 2); }},
      {"finalized twice", CUDNN_STATUS_BAD_PARAM,
       [](const CudnnCalls& c) { tensor(c, kX).finalize(); }},
      {"read before finalizing", CUDNN_STATUS_NOT_INITIALIZED,
       [fresh](const CudnnCalls& c) { fresh(c).read_numbers(CUDNN_ATTR_TENSOR_DIMENSIONS, 4); }},
      {"a part at null", CUDNN_STATUS_BAD_PARAM,
       [](const CudnnCalls& c) {
         cudnnBackendDescriptor_t null = nullptr;
         Made(c, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
             .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                  &null);
       }},
      {"two parts for one", CUDNN_STATUS_NOT_SUPPORTED,
       [](const CudnnCalls& c) {
         const Made x = tensor(c, kX);
         Made(c, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
             .parts(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, {&x, &x});
       }},
      {"null finalized", CUDNN_STATUS_BAD_PARAM_NULL_POINTER,
       [](const CudnnCalls& c) { throw CudnnRefusal{c.finalize(nullptr)}; }},
      {"null destroyed", CUDNN_STATUS_BAD_PARAM_NULL_POINTER,
       [](const CudnnCalls& c) { throw CudnnRefusal{c.destroy_descriptor(nullptr)}; }},
      {"a stream for no handle", CUDNN_STATUS_BAD_PARAM,
       [](const CudnnCalls& c) { throw CudnnRefusal{c.set_stream(nullptr, nullptr)}; }},
      {"a pack with fewer pointers than ids", CUDNN_STATUS_BAD_PARAM,
       [](const CudnnCalls& c) {
         void* const pointers[] = {nullptr};
         Made(c, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR)
             .numbers(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, {1, 2})
             .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 1, pointers)
             .finalize();
       }},
  };
}

std::vector<Refused> parts_refused() {
  constexpr auto kBad = CUDNN_STATUS_BAD_PARAM;
  auto y = [](Sizes dims) { return TensorOf{3, std::move(dims)}; };
  return {
      {"no dimensions", kBad, tensor_without(CUDNN_ATTR_TENSOR_DIMENSIONS)},
      {"no strides", kBad, tensor_without(CUDNN_ATTR_TENSOR_STRIDES)},
      {"no alignment", kBad, tensor_without(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT)},
      {"three strides", kBad, tensor_with([](TensorOf& t) {
         t.strides = {1, 2, 3};
       })},
      {"a stride below 0", kBad, tensor_with([](TensorOf& t) {
         t.strides = {-1, 1, 48, 8};
       })},
      {"an alignment of 2 for f32", kBad, tensor_with([](TensorOf& t) { t.alignment = 2; })},
      {"nine dimensions", kBad, tensor_with([](TensorOf& t) { t.dims = t.strides = Sizes(9, 1); })},
      {"a stride of 0", kBad, convolution_with({{1, 1}, {1, 1}, {0, 1}})},
      {"a padding below 0", kBad, convolution_with({{-1, 1}, {1, 1}})},
      {"one padding", kBad, convolution_with({{1}, {1, 1}})},
      {"a dilation of 0", kBad, convolution_with({{1, 1}, {1, 1}, {1, 1}, {0, 1}})},
      {"a right convolution", CUDNN_STATUS_SUCCESS, convolution_with(kSame)},
      {"y of another height", kBad, convolution_with(kSame, kX, kW, y({2, 16, 5, 6}))},
      {"y of another number of channels", kBad, convolution_with(kSame, kX, kW, y({2, 15, 6, 6}))},
      {"y of another number of images", kBad, convolution_with(kSame, kX, kW, y({3, 16, 6, 6}))},
      {"a kernel of other channels", kBad, convolution_with(kSame, kX, {2, {16, 7, 3, 3}})},
      {"a kernel larger than x", kBad,
       convolution_with(kSame, kX, {2, {16, 8, 9, 9}}, y({2, 16, 1, 1}))},
      {"a right sum", CUDNN_STATUS_SUCCESS,
       binary_with(between(10), {5, {1, 16, 1, 1}}, between(11))},
      {"a bias of three dimensions", kBad,
       binary_with(between(10), {5, {1, 16, 1}, CUDNN_DATA_FLOAT, false, {16, 1, 16}},
                   between(11))},
      {"a reduction to five of sixteen", kBad, reduction_with(kY, {5, {1, 5, 1, 1}})},
      {"a right reduction", CUDNN_STATUS_SUCCESS, reduction_with(kY, {5, {1, 16, 1, 1}})},
      {"an operation without its parts", kBad,
       [](const CudnnCalls& c) {
         Made(c, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR).finalize();
       }},
      {"a part that is finalized too late", kBad,
       [](const CudnnCalls& c) {
         Made rule(c, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
         convolution(c, Pass::forward, rule, tensor(c, kX), tensor(c, kW), tensor(c, kY));
       }},
  };
}

std::vector<Refused> graphs_refused() {
  constexpr auto kBad = CUDNN_STATUS_BAD_PARAM;
  return {
      {"a right graph", CUDNN_STATUS_SUCCESS, graph_with({})},
      {"no operations", kBad, [](const CudnnCalls& c) { graph(c, {}); }},
      {"an operation that is not finalized", CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED,
       [](const CudnnCalls& c) {
         const Made o(c, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
         graph(c, {&o});
       }},
      {"a tensor made twice", kBad, graph_with({.again = 2})},
      {"virtual in one place", kBad,
       graph_with({.read = with(between(10), [](TensorOf& t) { t.is_virtual = false; })})},
      {"a circle", kBad,
       [](const CudnnCalls& c) {
         Made rule = pointwise_rule(c, CUDNN_POINTWISE_RELU_FWD);
         rule.finalize();
         const Made a = pointwise(c, rule, tensor(c, between(10)), nullptr, tensor(c, between(11)));
         const Made b = pointwise(c, rule, tensor(c, between(11)), nullptr, tensor(c, between(10)));
         graph(c, {&a, &b});
       }},
      {"a heuristic without a graph", kBad,
       [](const CudnnCalls& c) {
         Made(c, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR)
             .chosen(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, CUDNN_HEUR_MODE_A)
             .finalize();
       }},
  };
}

std::vector<Refused> all_refused() {
  std::vector<Refused> all = calls_refused();
  for (const auto& more : {parts_refused(), graphs_refused()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("the model refuses what cuDNN refuses, with its status and a reason") {
  for (const Refused& r : all_refused()) {
    INFO(r.what);
    CHECK(status_of(model(), r.steps) == r.status);
  }
  char reason[256] = "";
  CHECK(model().finalize(nullptr) == CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
  model().last_error(reason, sizeof reason);
  CHECK(std::string(reason) == "no descriptor");
  CHECK(std::string(model().error_string(CUDNN_STATUS_BAD_PARAM)) == "CUDNN_STATUS_BAD_PARAM");
}

TEST_CASE("cuDNN itself refuses the same") {
  if (std::string(SSD_REAL_CUDNN).empty()) {
    WARN("skipped: cuDNN is not installed");
    return;
  }
  const CudnnCalls real(SSD_REAL_CUDNN);
  REQUIRE(real.finalize != model().finalize);
  for (const Refused& r : all_refused()) {
    INFO(r.what << ", cuDNN " << real.version());
    CHECK(status_of(real, r.steps) == r.status);
  }
}

TEST_CASE("the model notices what cuDNN lets through") {
  const Chain virtual_end{.to = with(kY, [](TensorOf& t) { t = between(12); })};
  const Chain never_made{.made = with(kY, [](TensorOf&) {}), .read = between(10)};
  const Chain two_of_one_id{.to = with(kX, [](TensorOf& t) { t = {1, kY.dims}; })};
  const std::vector<std::pair<std::string, Steps>> all{
      {"TENSOR_UNIQUE_ID is not set", tensor_without(CUDNN_ATTR_TENSOR_UNIQUE_ID)},
      {"TENSOR_DATA_TYPE is not set", tensor_without(CUDNN_ATTR_TENSOR_DATA_TYPE)},
      {"is set twice",
       [](const CudnnCalls& c) {
         Made(c, CUDNN_BACKEND_TENSOR_DESCRIPTOR)
             .number(CUDNN_ATTR_TENSOR_UNIQUE_ID, 1)
             .number(CUDNN_ATTR_TENSOR_UNIQUE_ID, 1);
       }},
      {"no power of two", tensor_with([](TensorOf& t) { t.alignment = 12; })},
      {"is empty", tensor_with([](TensorOf& t) { t.dims[1] = 0; })},
      {"a stride of 0", tensor_with([](TensorOf& t) {
         t.strides = {288, 0, 48, 8};
       })},
      {"one address", tensor_with([](TensorOf& t) {
         t.strides = {288, 1, 48, 7};
       })},
      {"type that the model does not know",
       tensor_with([](TensorOf& t) { t.type = CUDNN_DATA_DOUBLE; })},
      {"same id", convolution_with(kSame, kX, with(kW, [](TensorOf& t) { t.id = 1; }))},
      {"no groups", convolution_with(kSame, kX, {2, {16, 4, 3, 3}})},
      {"alpha is 0", convolution_with(kSame, kX, kW, kY, 0)},
      {"beta reads", convolution_with(kSame, kX, kW, between(3), 1, 1)},
      {"cannot be broadcast", binary_with(between(10), {5, {1, 5, 1, 1}}, between(11))},
      {"cannot be broadcast", binary_with({5, {1, 16, 1, 1}}, between(10), {6, {1, 16, 1, 1}})},
      {"part of a dimension", reduction_with(kY, {5, {1, 8, 1, 1}})},
      {"by sums only", reduction_with(kY, {5, {1, 16, 1, 1}}, CUDNN_REDUCE_TENSOR_MAX)},
      {"nothing reads it", graph_with(virtual_end)},
      {"nothing makes it", graph_with(never_made)},
      {"two different tensors", graph_with(two_of_one_id)},
      {"given twice",
       [](const CudnnCalls& c) {
         void* const pointers[] = {nullptr, nullptr};
         Made(c, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR)
             .numbers(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, {1, 1})
             .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 2, pointers)
             .finalize();
       }},
      {"of another type",
       [](const CudnnCalls& c) {
         convolution(c, Pass::forward, tensor(c, kX), tensor(c, kX), tensor(c, kW), tensor(c, kY));
       }},
      {"destroyed, or that never was",
       [](const CudnnCalls& c) { c.finalize(reinterpret_cast<void*>(8)); }},
      {"for no device",
       [](const CudnnCalls& c) {
         const Made conv = convolution(c, Pass::forward, convolution_rule(c, kSame), tensor(c, kX),
                                       tensor(c, kW), tensor(c, kY));
         const Made of = graph(c, {&conv});
         Made(c, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR)
             .part(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, of)
             .chosen(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, CUDNN_HEUR_MODE_A)
             .finalize();
       }},
      {"PLAN is for no device",
       [](const CudnnCalls& c) {
         Made(c, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR)
             .text(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, "{}")
             .finalize();
       }},
  };
  for (const auto& [words, steps] : all) {
    INFO("expected: " << words << "; noticed: " << noticed(steps));
    CHECK(noticed(steps).find(words) != std::string::npos);
  }
}

TEST_CASE("handles: one thread at a time, and none after its end") {
  cudnnHandle_t handle = nullptr;
  REQUIRE(model().create(&handle) == CUDNN_STATUS_SUCCESS);
  CHECK(model().set_stream(handle, nullptr) == CUDNN_STATUS_SUCCESS);
  CHECK(cuda_model_cudnn_alive() == 1);
  CHECK(model().destroy(handle) == CUDNN_STATUS_SUCCESS);
  CHECK(cuda_model_cudnn_alive() == 0);
  CHECK_THROWS_AS(model().set_stream(handle, nullptr), RuleBroken);
  CHECK_THROWS_AS(model().destroy(handle), RuleBroken);
  cuda_stand_in().devices = 0;
  CHECK(model().create(&handle) == CUDNN_STATUS_NOT_INITIALIZED);
  cuda_stand_in().devices = 1;
}
