#include "engine/conv_cudnn.h"

#include <map>

#include "engine/cudnn_choice.h"
#include "engine/cudnn_trial.h"
#include "engine/error.h"
#include "engine/plan_cache.h"
#include "kernels/elementwise.h"

namespace engine {
namespace {

// How many offers of one recipe are tried against each other. Compiling one takes seconds.
constexpr int kTried = 4, kTriedIfCompiled = 2;
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

class CudnnConvs {
 public:
  CudnnConvs(Backend& backend, int ordinal, const BackendOptions& options)
      : backend_(backend),
        device_(std::make_shared<CudnnDevice>(ordinal)),
        cache_(options.plan_cache),
        deterministic_(options.deterministic),
        warn_(options.warn) {}

  std::unique_ptr<ConvPlan> plan(const ConvShape& shape) {
    if (shape.images == 0) return std::make_unique<EmptyConv>(shape);
    const std::string key = concatenate(describe(shape), " on ", device_->name(),
                                        deterministic_ ? " by rule" : " by time");
    if (auto kept = find(key)) {
      if (*kept == kNoPlan && shape.optional()) return nullptr;
      if (auto plan = restored(shape, *kept)) return plan;
    }
    const auto trial = trial_of(shape);
    if (trial) expect_parts(shape, *trial);
    auto choice = choose(shape, trial.get());
    if (trial && trial->wrong_by() > 0 && warn_)
      warn_(concatenate("a plan of cuDNN's on ", device_->name(), " is wrong by ",
                        trial->wrong_by(), " and not used, for ", describe(shape)));
    // What a lack of memory decided is not for the next run.
    const bool lasting = trial && !trial->lacked_memory();
    if (choice) {
      if (lasting) keep(key, choice->recipe + "\n" + choice->plan_text);
      return std::move(choice->plan);
    }
    if (!shape.optional())
      fail(ExitCode::resources, "cuDNN has no plan on ", device_->name(), " for ", describe(shape));
    if (lasting) keep(key, kNoPlan);
    return nullptr;
  }

 private:
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
    const auto trial = trial_of(shape);
    if (trial && !trial->runs(*choice->plan)) return nullptr;
    return std::move(choice->plan);
  }

  // Null where the memory is taken: plans are then chosen by rule, and proved by use.
  std::unique_ptr<CudnnTrial> trial_of(const ConvShape& shape) {
    try {
      return std::make_unique<CudnnTrial>(backend_, shape);
    } catch (const Error& error) {
      if (error.code() != ExitCode::resources) throw;
      return nullptr;
    }
  }

  // What is fused must compute what its parts do, one by one.
  void expect_parts(const ConvShape& shape, CudnnTrial& trial) {
    const ConvShape plain = plain_conv(shape);
    if (plain == shape) return;
    auto choice = choose_first(device_, plain, [](ConvPlan&) { return true; });
    if (!choice) return;
    const auto trusted = make_staged_conv(shape, plain, std::move(choice->plan));
    trial.expect_results_of(*trusted);
  }

  std::optional<CudnnChoice> choose(const ConvShape& shape, CudnnTrial* trial) {
    if (deterministic_ || !trial)
      return choose_first(device_, shape,
                          [&](ConvPlan& plan) { return !trial || trial->runs(plan); });
    for (int stage = 0; stage < cudnn_stages(shape); ++stage)
      if (auto choice = fastest(shape, *trial, cudnn_offers(*device_, shape, stage))) return choice;
    return std::nullopt;
  }

  std::optional<CudnnChoice> fastest(const ConvShape& shape, CudnnTrial& trial,
                                     const std::vector<CudnnOffer>& offers) {
    std::optional<CudnnChoice> best;
    float best_time = 0;
    std::map<std::string, int> tried;
    bool ready =
        false;  // a fused kernel that cuDNN did not have to compile: nothing unfused beats it
    for (const CudnnOffer& offer : offers) {
      if (ready && !offer.recipe.fused) continue;
      const int limit = offer.candidate.compiled_at_run_time ? kTriedIfCompiled : kTried;
      int& count = tried[offer.recipe.name];
      if (count >= limit) continue;
      auto choice = build(device_, shape, offer);
      if (!choice) continue;
      const auto time = trial.time(*choice->plan);
      if (!time) continue;
      ++count;
      ready = ready || (offer.recipe.fused && !offer.candidate.compiled_at_run_time);
      if (best && *time >= best_time) continue;
      best = std::move(choice);
      best_time = *time;
    }
    return best;
  }

  Backend& backend_;
  std::shared_ptr<const CudnnDevice> device_;
  PlanCache cache_;
  std::map<std::string, std::string> kept_;
  bool deterministic_;
  std::function<void(const std::string&)> warn_;
};

}  // namespace

ConvMaker make_cudnn_convs(Backend& backend, int ordinal, const BackendOptions& options) {
  auto convs = std::make_shared<CudnnConvs>(backend, ordinal, options);
  return [convs](const ConvShape& shape) { return convs->plan(shape); };
}

}  // namespace engine
