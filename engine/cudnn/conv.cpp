#include "engine/cudnn/conv.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "engine/base/error.h"
#include "engine/conv/plan_cache.h"
#include "engine/cublaslt/gemm_choices.h"
#include "engine/cudnn/fastest_choice.h"
#include "engine/cudnn/prepared_plans.h"
#include "kernels/elementwise.h"

namespace engine {
namespace {

constexpr int kMostThreads = 16;  // each opens cuDNN for itself
constexpr const char* kNoPlan = "none";

// Whether the shape is a gradient of a weight that must not be rounded to the half type.
bool rules_narrow_out(const ConvShape& s) {
  return s.pass == ConvPass::grad_weight && accumulator(s.dtype) != s.dtype &&
         s.grad_weight.narrowing == Narrowing::never;
}

// A convolution of no images, which cuDNN would refuse. Results that are sums over pixels become 0.
class EmptyConv : public ConvPlan {
 public:
  explicit EmptyConv(const ConvShape& shape) : shape_(shape) {}
  size_t workspace() const override { return 0; }
  void run(kernels::Queue queue, const ConvArgs& args) override {
    for (const ConvOperand& o : conv_operands(shape_))
      if (o.written && !o.read) kernels::fill(queue, args.*o.view, 0);
  }

 private:
  ConvShape shape_;
};

// Runs a plan that somebody else owns.
class BorrowedPlan : public ConvPlan {
 public:
  explicit BorrowedPlan(ConvPlan& plan) : plan_(plan) {}
  size_t workspace() const override { return plan_.workspace(); }
  void run(kernels::Queue queue, const ConvArgs& args) override { plan_.run(queue, args); }

 private:
  ConvPlan& plan_;
};

class CudnnConvs : public ConvMaker {
 public:
  CudnnConvs(Backend& backend, int ordinal, const BackendOptions& options)
      : backend_(backend),
        device_(std::make_shared<CudnnDevice>(ordinal)),
        cache_(options.plan_cache),
        deterministic_(options.deterministic),
        tell_(options.tell),
        candidates_(device_, cache_, options_of_candidates(options, ordinal)),
        gemms_([this](const std::string& text) { tell(text); }) {}

  void prepare(const std::vector<ConvShape>& shapes) override {
    std::vector<ConvShape> unknown;
    for (const ConvShape& shape : shapes)
      if (shape.images > 0 && !find(key_of(shape))) unknown.push_back(shape);
    candidates_.prepare(unknown);
  }

  std::unique_ptr<ConvPlan> plan(const ConvShape& shape) override {
    if (shape.images == 0) return std::make_unique<EmptyConv>(shape);
    if (auto kept = find(key_of(shape))) {
      if (*kept == kNoPlan && shape.optional()) return nullptr;
      if (auto plan = restored(shape, *kept)) return plan;
    }
    const auto timer = timer_of(shape);
    auto choice = choose(shape, timer.get());
    if (timer && timer->wrong_by() > 0)
      tell(base::concatenate("warning: a plan of cuDNN's or cuBLASLt's on ", device_->name(),
                             " is wrong by ", timer->wrong_by(), " and not used, for ",
                             describe(shape)));
    // If memory was short while plans were tried, the choice is not kept for the next run.
    const bool lasting = timer && !timer->lacked_memory();
    if (choice) {
      tell_narrow(shape, choice->candidate);
      if (lasting) keep(shape, choice->candidate + "\n" + choice->plan_text);
      return std::move(choice->plan);
    }
    if (!shape.optional())
      base::fail(base::ExitCode::resources, "cuDNN has no plan on ", device_->name(), " for ",
                 describe(shape),
                 rules_narrow_out(shape) ? ": train.weight_gradients=auto would take one that "
                                           "rounds the gradient to the half type"
                                         : "");
    if (lasting) keep(shape, kNoPlan);
    return nullptr;
  }

 private:
  static PreparedPlans::Options options_of_candidates(const BackendOptions& options, int ordinal) {
    return {.deterministic = options.deterministic,
            .program = options.plan_program,
            .threads = std::clamp(int(std::thread::hardware_concurrency()), 1, kMostThreads),
            .tell =
                [tell = options.tell](const std::string& text) {
                  if (tell) tell(text);
                },
            .open =
                [ordinal] {
                  cudaSetDevice(ordinal);
                  return std::make_shared<const CudnnDevice>(ordinal);
                }};
  }

  void tell(const std::string& text) const {
    if (tell_) tell_(text);
  }

  // Warns, once, if a gradient is rounded to the half type although the user did not ask for that.
  void tell_narrow(const ConvShape& shape, const std::string& candidate) {
    const bool asked = shape.grad_weight.narrowing == Narrowing::if_faster;
    if (asked || !is_narrow(candidate) || std::exchange(told_narrow_, true)) return;
    tell(base::concatenate("warning: on ", device_->name(), " cuDNN has some gradients of weights ",
                           "in half types alone, which rounds them once more; the first is ",
                           describe(shape)));
  }

  std::string key_of(const ConvShape& shape) {
    return base::concatenate(describe(shape), " on ", device_->name(), gemms_.key_of(shape),
                             deterministic_ ? " by rule" : " by time");
  }

  // Choices are also kept in memory, because a step is planned before it runs: without a cache
  // folder every plan would be chosen twice.
  std::optional<std::string> find(const std::string& key) const {
    auto entry = kept_.find(key);
    return entry == kept_.end() ? cache_.find(key) : entry->second;
  }
  void keep(const ConvShape& shape, const std::string& value) {
    const std::string key = key_of(shape);
    kept_[key] = value;
    cache_.keep(key, value);
    candidates_.drop(shape);
  }

  std::unique_ptr<ConvPlan> restored(const ConvShape& shape, const std::string& kept) {
    const size_t end = kept.find('\n');
    if (end == std::string::npos) return nullptr;
    const std::string candidate = kept.substr(0, end), text = kept.substr(end + 1);
    auto choice = gemms_.restore(shape, candidate, text);
    if (!choice) choice = restore(device_, shape, candidate, text);
    if (!choice) return nullptr;
    const auto timer = timer_of(shape);
    if (timer && !timer->runs(*choice->plan)) return nullptr;
    tell_narrow(shape, candidate);
    return std::move(choice->plan);
  }

  // Returns null if there is too little memory. Plans are then chosen by rule and not run.
  std::unique_ptr<CudnnPlanTimer> timer_of(const ConvShape& shape) {
    try {
      return std::make_unique<CudnnPlanTimer>(backend_, shape);
    } catch (const base::Error& error) {
      if (error.code() != base::ExitCode::resources) throw;
      return nullptr;
    }
  }

  // A fused plan must compute what its parts compute one by one, and a product of matrices what
  // cuDNN computes. These results come from cuDNN's plan for the plain convolution: the one that is
  // built already or, if that does not run, the first one that runs.
  void expect_parts(const ConvShape& shape, const CudnnCandidatePlans& found,
                    CudnnPlanTimer& timer) {
    const ConvShape plain = plain_conv(shape);
    if (plain == shape && !gemm_candidate(shape)) return;
    auto computes = [&](ConvPlan& plan) {
      return timer.expect_results_of(
          *make_staged_conv(shape, plain, std::make_unique<BorrowedPlan>(plan)));
    };
    std::optional<CudnnCandidatePlans::Plan> ready = found.plain;
    if (plain == shape && !found.plans.empty()) ready = found.plans.front();
    if (ready) {
      const auto choice = restore(device_, plain, ready->candidate, ready->text);
      if (choice && computes(*choice->plan)) return;
    }
    choose_first(device_, plain, computes);
  }

  std::optional<ConvChoice> choose(const ConvShape& shape, CudnnPlanTimer* timer) {
    const CudnnCandidatePlans found = candidates_.take(shape);
    if (timer) expect_parts(shape, found, *timer);
    auto choice = choose_from(found, shape, timer);
    if (choice || !timer || timer->unrecorded().empty() || shape.optional()) return choice;
    tell(base::concatenate("warning: no plan of cuDNN's on ", device_->name(), " for ",
                           describe(shape), " can be recorded in a CUDA graph (",
                           timer->unrecorded(), "): steps are queued anew, which takes longer"));
    timer->accept_unrecorded();
    return choose_from(found, shape, timer);
  }

  std::optional<ConvChoice> choose_from(const CudnnCandidatePlans& found, const ConvShape& shape,
                                        CudnnPlanTimer* timer) {
    bool taken = found.plans.empty();
    auto choice = best_of(found, shape, timer, taken);
    if (!taken) {
      tell_not_taken();
      choice = best_of(candidates_.make_now(shape), shape, timer, taken);
    }
    if (choice) return choice;
    return choose_first(
        device_, shape, [&](ConvPlan& plan) { return !timer || timer->runs(plan); },
        deterministic_);
  }

  // Warns, once, that cuDNN refused all plans that child processes or an earlier run have made.
  void tell_not_taken() {
    if (std::exchange(told_not_taken_, true)) return;
    tell("warning: cuDNN does not take plans for " + device_->name() +
         " that another process made: they are made anew, one by one");
  }

  // Returns the fastest plan of cuDNN's and of cuBLASLt's, or the first that runs if there is no
  // timer or the choice must be deterministic. `taken` becomes true if cuDNN accepts one of its
  // plans, or if none of them is needed.
  std::optional<ConvChoice> best_of(const CudnnCandidatePlans& found, const ConvShape& shape,
                                    CudnnPlanTimer* timer, bool& taken) {
    FastestChoice fastest(timer, deterministic_);
    std::vector<ConvChoice> gemms = gemms_.choices(shape);
    auto add_gemms = [&] {
      for (ConvChoice& gemm : gemms) fastest.add(std::move(gemm));
    };
    const bool gemms_first = GemmChoices::preferred(shape);
    if (gemms_first) add_gemms();
    for (const CudnnCandidatePlans::Plan& plan : found.plans) {
      taken = taken || fastest.decided();
      if (fastest.decided()) break;
      auto choice = restore(device_, shape, plan.candidate, plan.text);
      if (!choice) continue;
      taken = true;
      fastest.add(std::move(*choice));
    }
    if (!gemms_first) add_gemms();
    return fastest.take();
  }

  Backend& backend_;
  std::shared_ptr<const CudnnDevice> device_;
  PlanCache cache_;
  std::map<std::string, std::string> kept_;
  bool deterministic_;
  std::function<void(const std::string&)> tell_;
  PreparedPlans candidates_;
  GemmChoices gemms_;
  bool told_not_taken_ = false, told_narrow_ = false;
};

}  // namespace

std::unique_ptr<ConvMaker> make_cudnn_convs(Backend& backend, int ordinal,
                                            const BackendOptions& options) {
  return std::make_unique<CudnnConvs>(backend, ordinal, options);
}

}  // namespace engine
