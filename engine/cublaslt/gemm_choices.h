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
  // Returns several plans, the best by the library's own estimate first; none if the library
  // supports none.
  virtual std::vector<Plan> find(const ConvShape&) = 0;
  // Returns null if the text is not of this version, or the library refuses it.
  virtual std::unique_ptr<ConvPlan> restore(const ConvShape&, const std::string& text) = 0;
};

// Opens cuBLASLt on the current CUDA device. Throws Error(resources) if the build or the machine
// has none.
std::unique_ptr<GemmPlans> make_cublaslt_plans();

// Opens the library when a convolution first can use it. If that fails, cuDNN computes these
// convolutions, too, and `tell` gets the reason, once.
class GemmChoices {
 public:
  explicit GemmChoices(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

  // The part of a choice's key that is cuBLASLt's: its version, or that it is missing. Empty for
  // shapes that are no product of matrices.
  std::string key_of(const ConvShape&);
  // Returns plans for the shape, the best by the library's own estimate first.
  std::vector<ConvChoice> choices(const ConvShape&);
  // Restores a kept choice. Returns nothing if the choice is a plan of cuDNN's, or if that fails.
  std::optional<ConvChoice> restore(const ConvShape&, const std::string& candidate,
                                    const std::string& plan_text);
  // Whether cuBLASLt comes before cuDNN if nothing is timed. It does for the gradient of a weight,
  // because its heuristics divide the long sum over all pixels among the multiprocessors of the
  // GPU, which cuDNN's first plan often does not. In the other passes cuDNN fuses more.
  static bool preferred(const ConvShape& shape) { return shape.pass == ConvPass::grad_weight; }

 private:
  GemmPlans* library();  // null: there is none

  std::function<void(const std::string&)> tell_;
  bool opened_ = false;
  std::unique_ptr<GemmPlans> library_;
};

}  // namespace engine
