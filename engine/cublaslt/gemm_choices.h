// Convolutions that are products of matrices, by cuBLASLt. They compete with cuDNN's plans.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/conv/candidate.h"

namespace engine {

// Plans of one GPU for shapes that are the inner ones of their gemm_candidate.
class GemmPlans {
 public:
  struct Plan {
    std::string text;
    std::unique_ptr<ConvPlan> plan;
  };
  virtual ~GemmPlans() = default;
  virtual std::string version() const = 0;  // "cuBLASLt 13.1.0"
  // Returns several, the best by the library's own estimate first; none if it supports none.
  virtual std::vector<Plan> find(const ConvShape&) = 0;
  // Returns null if the text is not of this version, or the library refuses it.
  virtual std::unique_ptr<ConvPlan> restore(const ConvShape&, const std::string& text) = 0;
};

// Opens cuBLASLt on the current CUDA device. Error(resources) if the build or the machine has none.
std::unique_ptr<GemmPlans> make_cublaslt_plans();

// Opens the library when a convolution first can use it. Where that fails, cuDNN is left alone, and
// `tell` hears why, once.
class GemmContenders {
 public:
  explicit GemmContenders(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

  // Says what a choice depends on: the version, or that there is none. Empty for shapes that are no
  // product of matrices.
  std::string key_of(const ConvShape&);
  // Returns plans for the shape, the best by the library's own estimate first.
  std::vector<ConvChoice> choices(const ConvShape&);
  // Restores a kept choice. Returns nothing if it is another library's, or that fails.
  std::optional<ConvChoice> restore(const ConvShape&, const std::string& candidate,
                                    const std::string& plan_text);
  // Whether cuBLASLt comes before cuDNN where nothing is timed: for the gradient of a weight. Its
  // heuristics divide the long sum over all pixels among the multiprocessors of the GPU; cuDNN's
  // first plan often does not. The other passes are cuDNN's, which fuses more.
  static bool preferred(const ConvShape& shape) { return shape.pass == ConvPass::grad_weight; }

 private:
  GemmPlans* library();  // null: there is none

  std::function<void(const std::string&)> tell_;
  bool opened_ = false;
  std::unique_ptr<GemmPlans> library_;
};

}  // namespace engine
