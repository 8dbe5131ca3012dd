#include "engine/base/error.h"
#include "engine/cublaslt/gemm_choices.h"
#include "engine/cublaslt/plan.h"

namespace engine {
namespace {

constexpr int kPlans = 4;  // of one convolution that are timed

class CublasLtPlans : public GemmPlans {
 public:
  std::string version() const override { return "cuBLASLt " + cublaslt_library().version(); }

  std::vector<Plan> find(const ConvShape& shape) override {
    std::vector<Plan> all;
    for (auto& plan : CublasLtPlan::find(handle_, shape, kPlans)) {
      std::string text = plan->text();
      all.push_back({std::move(text), std::move(plan)});
    }
    return all;
  }

  std::unique_ptr<ConvPlan> restore(const ConvShape& shape, const std::string& text) override {
    return CublasLtPlan::restore(handle_, shape, text);
  }

 private:
  std::shared_ptr<const CublasLtHandle> handle_ = std::make_shared<CublasLtHandle>();
};

}  // namespace

std::unique_ptr<GemmPlans> make_cublaslt_plans() { return std::make_unique<CublasLtPlans>(); }

}  // namespace engine
