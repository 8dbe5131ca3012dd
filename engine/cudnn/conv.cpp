#include "engine/cudnn/conv.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <map>
#include <thread>

#include "engine/base/error.h"
#include "engine/conv/plan_cache.h"
#include "engine/cudnn/candidate_plans.h"
#include "engine/cudnn/plan_timer.h"
#include "kernels/elementwise.h"

namespace engine {
namespace {

constexpr int kMostThreads = 16;  // each opens cuDNN for itself
constexpr const char* kNoPlan = "none";

// No images: cuDNN knows no empty tensors. Sums over nothing are zero.
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

// Another's plan.
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
        ordinal_(ordinal) {}

  void prepare(const std::vector<ConvShape>& shapes) override {
    std::vector<ConvShape> unknown;
    for (const ConvShape& shape : shapes)
      if (shape.images > 0 && !find(key_of(shape))) unknown.push_back(shape);
    const int threads = std::clamp(int(std::thread::hardware_concurrency()), 1, kMostThreads);
    if (unknown.size() < 2) return;
    tell(base::concatenate("choosing cuDNN's plans for ", unknown.size(),
                           " convolutions, once for ",
                           cache_.folder().empty() ? "this run" : cache_.folder()));
    prepared_ = candidate_plans(unknown, deterministic_, threads, [this] {
      cudaSetDevice(ordinal_);
      return std::make_shared<const CudnnDevice>(ordinal_);
    });
  }

  std::unique_ptr<ConvPlan> plan(const ConvShape& shape) override {
    if (shape.images == 0) return std::make_unique<EmptyConv>(shape);
    const std::string key = key_of(shape);
    if (auto kept = find(key)) {
      if (*kept == kNoPlan && shape.optional()) return nullptr;
      if (auto plan = restored(shape, *kept)) return plan;
    }
    const auto timer = timer_of(shape);
    auto choice = choose(shape, timer.get());
    if (timer && timer->wrong_by() > 0)
      tell(base::concatenate("warning: a plan of cuDNN's on ", device_->name(), " is wrong by ",
                             timer->wrong_by(), " and not used, for ", describe(shape)));
    // A choice that a lack of memory decided is not kept for the next run.
    const bool lasting = timer && !timer->lacked_memory();
    if (choice) {
      if (lasting) keep(key, choice->candidate + "\n" + choice->plan_text);
      return std::move(choice->plan);
    }
    if (!shape.optional())
      base::fail(base::ExitCode::resources, "cuDNN has no plan on ", device_->name(), " for ",
                 describe(shape));
    if (lasting) keep(key, kNoPlan);
    return nullptr;
  }

 private:
  void tell(const std::string& text) const {
    if (tell_) tell_(text);
  }

  std::string key_of(const ConvShape& shape) const {
    return base::concatenate(describe(shape), " on ", device_->name(),
                             deterministic_ ? " by rule" : " by time");
  }

  // A step is planned before it runs: without a folder, too, plans are not chosen twice.
  std::optional<std::string> find(const std::string& key) const {
    auto entry = kept_.find(key);
    return entry == kept_.end() ? cache_.find(key) : entry->second;
  }
  void keep(const std::string& key, const std::string& value) {
    kept_[key] = value;
    cache_.keep(key, value);
  }

  std::unique_ptr<ConvPlan> restored(const ConvShape& shape, const std::string& kept) {
    const size_t end = kept.find('\n');
    if (end == std::string::npos) return nullptr;
    auto choice = restore(device_, shape, kept.substr(0, end), kept.substr(end + 1));
    if (!choice) return nullptr;
    const auto timer = timer_of(shape);
    if (timer && !timer->runs(*choice->plan)) return nullptr;
    return std::move(choice->plan);
  }

  // Null if the memory does not suffice: plans are then chosen by rule, without running them.
  std::unique_ptr<CudnnPlanTimer> timer_of(const ConvShape& shape) {
    try {
      return std::make_unique<CudnnPlanTimer>(backend_, shape);
    } catch (const base::Error& error) {
      if (error.code() != base::ExitCode::resources) throw;
      return nullptr;
    }
  }

  CudnnCandidatePlans candidate_plans_for(const ConvShape& shape) {
    auto prepared = prepared_.extract(shape);
    if (prepared) return std::move(prepared.mapped());
    return candidate_plans(device_, shape, deterministic_);
  }

  // A fused plan must compute what its parts compute one by one. They run by the plan that is built
  // already; if that fails, by the first that does not.
  void expect_parts(const ConvShape& shape, const CudnnCandidatePlans& found,
                    CudnnPlanTimer& timer) {
    const ConvShape plain = plain_conv(shape);
    if (plain == shape) return;
    auto computes = [&](ConvPlan& plan) {
      return timer.expect_results_of(
          *make_staged_conv(shape, plain, std::make_unique<BorrowedPlan>(plan)));
    };
    if (found.plain) {
      const auto choice = restore(device_, plain, found.plain->candidate, found.plain->text);
      if (choice && computes(*choice->plan)) return;
    }
    choose_first(device_, plain, computes);
  }

  std::optional<CudnnChoice> choose(const ConvShape& shape, CudnnPlanTimer* timer) {
    const CudnnCandidatePlans found = candidate_plans_for(shape);
    if (timer) expect_parts(shape, found, *timer);
    auto choice = best_of(found, shape, timer);
    if (choice) return choice;
    return choose_first(
        device_, shape, [&](ConvPlan& plan) { return !timer || timer->runs(plan); },
        deterministic_);
  }

  // The fastest plan; the first that runs if there is no timer or the choice must be deterministic.
  std::optional<CudnnChoice> best_of(const CudnnCandidatePlans& found, const ConvShape& shape,
                                     CudnnPlanTimer* timer) {
    std::optional<CudnnChoice> best;
    float best_time = 0;
    for (const CudnnCandidatePlans::Plan& plan : found.plans) {
      auto choice = restore(device_, shape, plan.candidate, plan.text);
      if (!choice) continue;
      const auto time = timer ? timer->time(*choice->plan) : 0;
      if (!time || (best && *time >= best_time)) continue;
      best = std::move(choice);
      best_time = *time;
      if (!timer || deterministic_) break;
    }
    return best;
  }

  Backend& backend_;
  std::shared_ptr<const CudnnDevice> device_;
  PlanCache cache_;
  std::map<std::string, std::string> kept_;
  bool deterministic_;
  std::function<void(const std::string&)> tell_;
  int ordinal_;
  std::map<ConvShape, CudnnCandidatePlans> prepared_;  // until their plans are chosen
};

}  // namespace

std::unique_ptr<ConvMaker> make_cudnn_convs(Backend& backend, int ordinal,
                                            const BackendOptions& options) {
  return std::make_unique<CudnnConvs>(backend, ordinal, options);
}

}  // namespace engine
