// cuBLASLt's plans on the modelled GPU: each of the model's good algorithms computes what loops in
// f64 compute, in all passes and types; the bad ones are found out; what is wrong in a call is
// noticed.
#include <dlfcn.h>

#include <set>

#include "engine/base/error.h"
#include "engine/conv/candidate.h"
#include "engine/cublaslt/plan.h"
#include "tests/cuda_model/planted.h"
#include "tests/support/engine/conv_run.h"
#include "tests/support/tools/training_run.h"

using namespace tests;
using namespace engine;

namespace {

template <class Function> Function of_model(const char* name) {
  static void* const library =
      dlopen(base::concatenate("libcublasLt.so.", CUBLAS_VER_MAJOR).c_str(), RTLD_NOW);
  return reinterpret_cast<Function>(dlsym(library, name));
}

ConvShape pixels(DType dtype, ConvPass pass, int in, int out, bool exact = true) {
  return {{.images = 2, .height = 3, .width = 5, .in_channels = in, .out_channels = out},
          pass,
          dtype,
          exact};
}

// What cuBLASLt itself is asked for.
std::set<ConvShape> products(const ConvShape& base) {
  std::set<ConvShape> all;
  for (const ConvShape& s : fused(base))
    if (const auto gemm = gemm_candidate(s)) all.insert(gemm->inner);
  return all;
}

double rounded(DType dtype, double v) {
  if (dtype == DType::f16) return double(float(kernels::f16(float(v))));
  if (dtype == DType::bf16) return double(float(kernels::bf16(float(v))));
  return double(float(v));
}

// The result of loops in f64 on the operands of `run` as its dtypes hold them.
Values expected(const ConvShape& shape, ConvRun& run, View ConvArgs::*result) {
  ConvShape wide = shape;
  wide.dtype = DType::f64;
  ConvRun loops(wide);
  for (const ConvOperand& o : conv_operands(shape)) {
    if (!o.read) continue;
    for (double& v : run.input(o.view)) v = rounded(o.dtype, v);
    loops.input(o.view) = run.input(o.view);
  }
  return loops.run(*make_plain_loops(wide))[loops.index(result)];
}

struct Found {
  int right = 0, wrong = 0, failing = 0;
  bool operator==(const Found&) const = default;
};

// All algorithms for the shape on the modelled GPU.
Found try_all(const ConvShape& s, double limit) {
  const auto result = s.pass == ConvPass::forward      ? &ConvArgs::y
                      : s.pass == ConvPass::grad_input ? &ConvArgs::x
                                                       : &ConvArgs::weight;
  ConvRun run(s, "cuda:0");
  const Values wanted = expected(s, run, result);
  const auto handle = std::make_shared<const CublasLtHandle>();
  Found found;
  for (const auto& plan : CublasLtPlan::find(handle, s, 16)) {
    const auto again = CublasLtPlan::restore(handle, s, plan->text());
    REQUIRE(again);
    CHECK(again->workspace() == plan->workspace());
    try {
      const Values got = run.run(*again)[run.index(result)];
      ++(distance(got, wanted) < limit ? found.right : found.wrong);
      CHECK((run.run(*plan)[run.index(result)] == got));  // the same bits in every run
    } catch (const base::Error&) {
      ++found.failing;
    }
  }
  return found;
}

struct Kind {
  DType dtype;
  bool exact;
  double limit;
};
constexpr Kind kKinds[] = {{DType::f32, true, 1e-5},
                           {DType::f32, false, 2e-3},
                           {DType::f16, true, 2e-3},
                           {DType::bf16, true, 1e-2}};
constexpr ConvPass kPasses[] = {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight};

// The values of the folder's only plan.
std::string kept_in(const TemporaryFolder& folder) {
  std::string text;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    text += text_of(entry.path().string());
  return text;
}

// One call of cublasLtMatmul on memory of its own: D [4, 3] = A [4, 2] B [2, 3], in f32.
struct Call {
  const CublasLtLibrary& library = cublaslt_library();
  cublasLtHandle_t handle = nullptr;
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatmulPreference_t preference = nullptr;
  cublasLtMatrixLayout_t a = layout(4, 2), b = layout(2, 3), c = layout(4, 3), d = layout(4, 3);
  float *a_data = memory(12), *b_data = memory(8), *d_data = memory(12), *workspace = memory(300);
  size_t workspace_bytes = 1200;
  float alpha = 1, beta = 0;
  cublasLtMatmulHeuristicResult_t result{};

  Call() {
    call(library.Create(&handle));
    call(library.MatmulDescCreate(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F));
    call(library.MatmulPreferenceCreate(&preference));
    alignment(4);
    const uint64_t most = workspace_bytes;
    call(library.MatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                              &most, sizeof most));
  }
  ~Call() {
    for (float* data : {a_data, b_data, d_data, workspace}) cudaFree(data);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  static void call(cublasStatus_t status) {
    if (status != CUBLAS_STATUS_SUCCESS)
      cuda_model::fail(std::string("unexpected: ") + cublaslt_library().GetStatusString(status));
  }
  cublasLtMatrixLayout_t layout(uint64_t rows, uint64_t columns, int64_t leading = 0) const {
    cublasLtMatrixLayout_t made = nullptr;
    call(library.MatrixLayoutCreate(&made, CUDA_R_32F, rows, columns,
                                    leading ? leading : int64_t(rows)));
    return made;
  }
  static float* memory(size_t n) {
    void* p = nullptr;
    ok(cudaMalloc(&p, n * sizeof(float)));
    return static_cast<float*>(p);
  }
  void alignment(uint32_t bytes) const {
    for (auto name :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      call(library.MatmulPreferenceSetAttribute(preference, name, &bytes, sizeof bytes));
  }
  template <class T> void set(cublasLtMatmulDescAttributes_t name, T value) const {
    call(library.MatmulDescSetAttribute(operation, name, &value, sizeof value));
  }
  void by_rows(cublasLtMatrixLayout_t m, int64_t leading) const {
    static const auto set =
        of_model<decltype(&::cublasLtMatrixLayoutSetAttribute)>("cublasLtMatrixLayoutSetAttribute");
    const int32_t order = CUBLASLT_ORDER_ROW;
    call(set(m, CUBLASLT_MATRIX_LAYOUT_ORDER, &order, sizeof order));
    call(set(m, CUBLASLT_MATRIX_LAYOUT_LD, &leading, sizeof leading));
  }
  cublasStatus_t find() {
    int found = 0;
    return library.MatmulAlgoGetHeuristic(handle, operation, a, b, c, d, preference, 1, &result,
                                          &found);
  }
  cublasStatus_t run() {
    return library.Matmul(handle, operation, &alpha, a_data, a, b_data, b, &beta, d_data, c, d_data,
                          d, &result.algo, workspace, workspace_bytes, nullptr);
  }
};

#define NOTICED(text, ...)                                                                        \
  do {                                                                                            \
    const Ending ending = ending_of(cuda_model::Schedule::early, [&] {                            \
      Call call;                                                                                  \
      Call::call(call.find());                                                                    \
      __VA_ARGS__;                                                                                \
    });                                                                                           \
    INFO(ending.said);                                                                            \
    CHECK(ending.exit_code == cuda_model::kRuleBroken);                                           \
    CHECK(ending.said.find(std::string("cuda_model: cuBLASLt: ") + (text)) != std::string::npos); \
  } while (false)

}  // namespace

TEST_CASE("cuBLASLt: its good algorithms compute what loops in f64 compute, in every schedule") {
  size_t turn = 0;
  for (const Kind& kind : kKinds)
    for (ConvPass pass : kPasses)
      for (auto [in, out] : {std::pair{16, 24}, {5, 7}})
        for (const ConvShape& s : products(pixels(kind.dtype, pass, in, out, kind.exact))) {
          cuda_model::settings().schedule = kSchedules[turn++ % 3];
          INFO(describe(s));
          // Rows that are no whole words of 16 bytes have one algorithm.
          CHECK((try_all(s, kind.limit) == (in == 16 ? Found{3, 1, 1} : Found{1, 0, 0})));
        }
  CHECK(turn > 80);
}

TEST_CASE("cuBLASLt: beside cuDNN it is tried, compared, and kept") {
  for (bool by_rule : {true, false})
    for (ConvPass pass : kPasses) {
      ConvShape s = pixels(DType::f16, pass, 16, 24);
      s.grad_weight.accumulate = pass == ConvPass::grad_weight;
      INFO(describe(s) << (by_rule ? " by rule" : " by time"));
      const TemporaryFolder folder;
      std::string told;
      const BackendOptions options{.deterministic = by_rule,
                                   .plan_cache = folder.path().string(),
                                   .tell = [&](const std::string& line) { told += line + "\n"; }};
      std::string first;
      for (int start : {1, 2}) {
        told.clear();
        ConvRun gpu(s, "cuda:0"), cpu(s);  // its streams outlive the handles that use them
        const auto backend = make_backend("cuda:0", options);
        const auto plan = backend->plan(s);
        REQUIRE(plan);
        const OperandValues got = gpu.run(*plan), wanted = cpu.run(*make_plain_loops(s));
        for (size_t i = 0; i < got.size(); ++i)
          CHECK(distance(got[i], wanted[i]) < 4 * rounding_limit(s.dtype));
        if (start == 1) first = kept_in(folder);
        CHECK(kept_in(folder) == first);
        // By time, the wrong algorithm is among those that run; at the second start nothing is
        // looked for.
        CHECK((told.find("wrong by") != std::string::npos) == (start == 1 && !by_rule));
      }
      CHECK(first.find("cuBLASLt " + cublaslt_library().version()) != std::string::npos);
      if (by_rule && pass == ConvPass::grad_weight)
        CHECK(first.find("\ngemm\n") != std::string::npos);
    }
}

TEST_CASE("cuBLASLt: where it cannot be had, cuDNN does the work, and that is said once") {
  const auto refuse = of_model<void (*)(bool)>("cuda_model_cublaslt_refuse");
  REQUIRE(refuse);
  refuse(true);
  std::vector<std::string> told;
  {
    const auto backend = make_backend(
        "cuda:0",
        {.deterministic = true, .tell = [&](const std::string& line) { told.push_back(line); }});
    for (ConvPass pass : kPasses) CHECK(backend->plan(pixels(DType::f32, pass, 16, 24)));
  }
  refuse(false);
  REQUIRE(told.size() == 1);
  CHECK(told[0] ==
        "1x1 convolutions are left to cuDNN alone: cuBLASLt: cublasLtCreate: the library was not "
        "initialized");
}

TEST_CASE("cuBLASLt: text that is no algorithm of this shape is refused") {
  const auto handle = std::make_shared<const CublasLtHandle>();
  const ConvShape s = pixels(DType::f32, ConvPass::forward, 16, 24),
                  other = pixels(DType::f32, ConvPass::grad_weight, 16, 24);
  const auto plans = CublasLtPlan::find(handle, s, 1);
  REQUIRE(plans.size() == 0);  // the first is refused
  const std::string text = CublasLtPlan::find(handle, s, 16).at(0)->text();
  CHECK(text.size() == 128);
  CHECK(CublasLtPlan::restore(handle, s, text));
  CHECK_FALSE(CublasLtPlan::restore(handle, other, text));
  CHECK_FALSE(CublasLtPlan::restore(handle, s, text + "00"));
  CHECK_FALSE(CublasLtPlan::restore(handle, s, std::string(128, 'x')));
  CHECK_FALSE(CublasLtPlan::restore(handle, s, ""));
}

TEST_CASE("cuBLASLt: objects are given back") {
  const auto alive = of_model<long (*)()>("cuda_model_cublaslt_alive");
  REQUIRE(alive);
  const long before = alive();
  {
    ConvRun run(pixels(DType::f32, ConvPass::forward, 16, 24), "cuda:0");
    const auto plan = run.backend().plan(pixels(DType::f32, ConvPass::grad_weight, 16, 24));
    CHECK(alive() > before);
  }
  CHECK(alive() == before);
}

TEST_CASE("the model of cuBLASLt: matrices by columns and by rows") {
  for (bool rows : {false, true}) {
    const Ending ending = ending_of(cuda_model::Schedule::early, [rows] {
      Call call;
      if (rows) {  // the same memory as the transposed matrices by columns
        call.by_rows(call.a, 2);
        call.by_rows(call.b, 3);
        call.by_rows(call.d, 3);
        call.by_rows(call.c, 3);
      }
      Call::call(call.find());
      const float a[8] = {1, 2, 3, 4, 5, 6, 7, 8}, b[6] = {1, 0, 2, 1, 0, 3};
      ok(cudaMemcpy(call.a_data, a, sizeof a, cudaMemcpyHostToDevice));
      ok(cudaMemcpy(call.b_data, b, sizeof b, cudaMemcpyHostToDevice));
      Call::call(call.run());
      float got[12];
      ok(cudaMemcpy(got, call.d_data, sizeof got, cudaMemcpyDeviceToHost));
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 3; ++j) {
          float sum = 0;
          for (int l = 0; l < 2; ++l)
            sum += rows ? a[i * 2 + l] * b[l * 3 + j] : a[l * 4 + i] * b[j * 2 + l];
          if (got[rows ? i * 3 + j : j * 4 + i] != sum) cuda_model::fail("a wrong product");
        }
    });
    INFO(rows << ": " << ending.said);
    CHECK(ending.exit_code == 0);
  }
}

TEST_CASE("the model of cuBLASLt: what is wrong in a call is noticed") {
  const void* const somewhere = &kKinds;
  NOTICED("D has not the size of the product", call.d = call.c = call.layout(3, 4); call.find());
  NOTICED("A has not as many columns as B has rows",
          call.set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
          call.find());
  NOTICED("the leading dimension of A is smaller", call.a = call.layout(4, 2, 3); call.find());
  NOTICED("C has not the size of D", call.c = call.layout(3, 4); call.run());
  NOTICED("the bias has no address",
          call.set(CUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(CUBLASLT_EPILOGUE_BIAS));
          call.find());
  NOTICED("A is not in a device's memory",
          call.a_data = const_cast<float*>(static_cast<const float*>(somewhere));
          call.run());
  NOTICED("B does not fit into its memory", call.b_data += 4; call.run());
  NOTICED("D is made where A lies", call.a_data = call.d_data; call.run());
  NOTICED("a layout is used after it was destroyed", call.library.MatrixLayoutDestroy(call.a);
          call.run());
  NOTICED("a handle is used after it was destroyed", call.library.Destroy(call.handle); call.run());
  NOTICED("A is not aligned as its algorithm wants it", call.alignment(16);
          call.a = call.layout(4, 2); call.b = call.layout(2, 3, 4); call.find(); call.find();
          call.a_data += 1; call.run());
  // An algorithm may count on all that was declared.
  NOTICED("A is not aligned as its algorithm wants it", call.alignment(256);
          call.a = call.layout(4, 2); call.b = call.layout(2, 3, 4); call.find();
          call.a_data = Call::memory(64) + 16; call.run());
}

TEST_CASE("the model of cuBLASLt: what is refused") {
  Call call;
  REQUIRE(call.find() == CUBLAS_STATUS_SUCCESS);
  call.workspace_bytes = 0;
  CHECK(call.run() == CUBLAS_STATUS_INVALID_VALUE);
  call.result.algo.data[0] ^= 1;
  call.workspace_bytes = 1200;
  CHECK(call.run() == CUBLAS_STATUS_INVALID_VALUE);
  const uint32_t epilogue = CUBLASLT_EPILOGUE_GELU;
  CHECK(call.library.MatmulDescSetAttribute(call.operation, CUBLASLT_MATMUL_DESC_EPILOGUE,
                                            &epilogue,
                                            sizeof epilogue + 1) == CUBLAS_STATUS_INVALID_VALUE);
  call.set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
  CHECK(call.find() == CUBLAS_STATUS_NOT_SUPPORTED);
  call.handle = nullptr;
  CHECK(call.find() == CUBLAS_STATUS_NOT_INITIALIZED);
}
