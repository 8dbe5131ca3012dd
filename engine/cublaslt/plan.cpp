#include "engine/cublaslt/plan.h"

#include <charconv>
#include <cstring>
#include <optional>

#include "engine/base/error.h"

namespace engine {
namespace {

// Slices of weights and of gradients begin at multiples of this.
constexpr uint32_t kOperandAlignment = 16;  // bytes

struct DestroyPreference {
  void operator()(cublasLtMatmulPreference_t p) const {
    cublaslt_library().MatmulPreferenceDestroy(p);
  }
};

// What algorithms must keep to. Without the mask, parts of a sum might be added in the order in
// which they are ready, or rounded to a half type in between.
class Preference {
 public:
  Preference() {
    cublasLtMatmulPreference_t made = nullptr;
    cublaslt_check(cublaslt_library().MatmulPreferenceCreate(&made),
                   "cublasLtMatmulPreferenceCreate");
    preference_.reset(made);
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, uint64_t(kMostCublasLtWorkspace));
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
        uint32_t(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
    for (auto name :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      set(name, kOperandAlignment);
  }
  cublasLtMatmulPreference_t get() const { return preference_.get(); }

 private:
  template <class T> void set(cublasLtMatmulPreferenceAttributes_t name, T value) {
    cublaslt_check(
        cublaslt_library().MatmulPreferenceSetAttribute(get(), name, &value, sizeof value),
        "cublasLtMatmulPreferenceSetAttribute");
  }
  std::unique_ptr<cublasLtMatmulPreferenceOpaque_t, DestroyPreference> preference_;
};

std::optional<cublasLtMatmulAlgo_t> algorithm_of(const std::string& text) {
  unsigned char bytes[sizeof(cublasLtMatmulAlgo_t)];
  if (text.size() != 2 * sizeof bytes) return std::nullopt;
  for (size_t i = 0; i < sizeof bytes; ++i) {
    const char* const at = text.data() + 2 * i;
    if (std::from_chars(at, at + 2, bytes[i], 16).ptr != at + 2) return std::nullopt;
  }
  cublasLtMatmulAlgo_t algorithm;
  std::memcpy(&algorithm, bytes, sizeof bytes);
  return algorithm;
}

}  // namespace

CublasLtHandle::CublasLtHandle() {
  const CublasLtLibrary& library = cublaslt_library();
  const cublasStatus_t status = library.Create(&handle_);
  if (status != CUBLAS_STATUS_SUCCESS)
    base::fail(base::ExitCode::resources,
               "cuBLASLt: cublasLtCreate: ", library.GetStatusString(status));
}

CublasLtPlan::CublasLtPlan(std::shared_ptr<const CublasLtHandle> handle, const ConvShape& shape,
                           const cublasLtMatmulAlgo_t& algorithm, size_t workspace)
    : handle_(std::move(handle)), operation_(shape), algorithm_(algorithm), workspace_(workspace) {}

std::vector<std::unique_ptr<CublasLtPlan>> CublasLtPlan::find(
    std::shared_ptr<const CublasLtHandle> handle, const ConvShape& shape, int count) {
  const MatmulOperation o(shape);
  const Preference preference;
  std::vector<cublasLtMatmulHeuristicResult_t> results(static_cast<size_t>(count));
  int found = 0;
  // A status of failure means that there is none.
  const cublasStatus_t status = cublaslt_library().MatmulAlgoGetHeuristic(
      handle->get(), o.get(), o.a.layout.get(), o.b.layout.get(), o.c.layout.get(),
      o.d.layout.get(), preference.get(), count, results.data(), &found);
  std::vector<std::unique_ptr<CublasLtPlan>> plans;
  if (status != CUBLAS_STATUS_SUCCESS) return plans;
  for (int i = 0; i < found; ++i)
    if (const auto& r = results[size_t(i)];
        r.state == CUBLAS_STATUS_SUCCESS && r.workspaceSize <= kMostCublasLtWorkspace)
      plans.push_back(std::make_unique<CublasLtPlan>(handle, shape, r.algo, r.workspaceSize));
  return plans;
}

std::unique_ptr<CublasLtPlan> CublasLtPlan::restore(std::shared_ptr<const CublasLtHandle> handle,
                                                    const ConvShape& shape,
                                                    const std::string& text) {
  const auto algorithm = algorithm_of(text);
  if (!algorithm) return nullptr;
  const MatmulOperation o(shape);
  cublasLtMatmulHeuristicResult_t result{};
  const cublasStatus_t status =
      cublaslt_library().MatmulAlgoCheck(handle->get(), o.get(), o.a.layout.get(), o.b.layout.get(),
                                         o.c.layout.get(), o.d.layout.get(), &*algorithm, &result);
  if (status != CUBLAS_STATUS_SUCCESS || result.workspaceSize > kMostCublasLtWorkspace)
    return nullptr;
  return std::make_unique<CublasLtPlan>(std::move(handle), shape, *algorithm, result.workspaceSize);
}

std::string CublasLtPlan::text() const {
  unsigned char bytes[sizeof algorithm_];
  std::memcpy(bytes, &algorithm_, sizeof bytes);
  std::string text;
  for (unsigned char byte : bytes)
    for (int digit : {byte >> 4, byte & 15}) text += "0123456789abcdef"[digit];
  return text;
}

void CublasLtPlan::run(kernels::Queue queue, const ConvArgs& args) {
  const MatmulOperation& o = operation_;
  if (o.has_bias) operation_.set_bias(args.bias.data);
  const float alpha = 1;
  auto data = [&](const MatmulOperation::Matrix& m) { return (args.*m.view).data; };
  cublaslt_check(
      cublaslt_library().Matmul(handle_->get(), o.get(), &alpha, data(o.a), o.a.layout.get(),
                                data(o.b), o.b.layout.get(), &o.beta, data(o.c), o.c.layout.get(),
                                data(o.d), o.d.layout.get(), &algorithm_, args.workspace,
                                workspace_, cudaStream_t(queue.stream)),
      "cublasLtMatmul");
}

}  // namespace engine
