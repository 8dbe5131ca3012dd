#include "engine/cudnn/candidate_plans.h"

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/base/error.h"

namespace engine {
namespace {

// How many plans are built for each convolution that cuDNN can be asked for. A plan that cuDNN has
// to compile, which takes seconds, is built only while there are fewer than kPlansIfCompiled.
constexpr int kPlans = 4, kPlansIfCompiled = 2;
// How many candidates that cuDNN does not propose are tried for one convolution.
constexpr int kFurther = 6;

std::optional<CudnnCandidatePlans::Plan> first_plan(
    const std::shared_ptr<const CudnnDevice>& device, const ConvShape& shape,
    CudnnAttempts& attempts) {
  const auto choice = choose_first(
      device, shape, [](ConvPlan&) { return true; }, true, &attempts);
  if (!choice) return std::nullopt;
  return CudnnCandidatePlans::Plan{choice->candidate, choice->plan_text};
}

using Plans = std::vector<CudnnCandidatePlans::Plan>;

// Builds plans until there are enough.
class Collection {
 public:
  Collection(const std::shared_ptr<const CudnnDevice>& device, const ConvShape& shape,
             CudnnAttempts& attempts)
      : device_(device), shape_(shape), attempts_(attempts) {}

  Plans proposed() {
    for (const CudnnCandidate& candidate : cudnn_candidates(*device_, shape_, 0))
      propose(candidate);
    return std::move(plans_);
  }

  Plans further() {
    int left = kFurther;
    for (const CudnnCandidate& candidate : further_candidates(*device_, shape_))
      if (left-- > 0) add(candidate);
    return std::move(plans_);
  }

 private:
  void propose(const CudnnCandidate& candidate) {
    const bool compiled = candidate.engine.compiled_at_run_time;
    int& count = built_[candidate.conv.name];
    const bool beaten = ready_ && !candidate.conv.fused && !is_narrow(candidate.conv.name);
    if (beaten || count >= (compiled ? kPlansIfCompiled : kPlans)) return;
    if (!add(candidate)) return;
    ++count;
    ready_ = ready_ || (candidate.conv.fused && !compiled);
  }

  bool add(const CudnnCandidate& candidate) {
    const auto choice = build(device_, shape_, candidate, &attempts_);
    if (choice) plans_.push_back({choice->candidate, choice->plan_text});
    return choice.has_value();
  }

  const std::shared_ptr<const CudnnDevice>& device_;
  const ConvShape& shape_;
  CudnnAttempts& attempts_;
  Plans plans_;
  std::map<std::string, int> built_;
  bool ready_ = false;  // a fused kernel need not be compiled, and no unfused one would beat it
};

nlohmann::json json_of(const CudnnCandidatePlans::Plan& plan) {
  return {plan.candidate, plan.text};
}

CudnnCandidatePlans::Plan plan_of(const nlohmann::json& json) {
  return {json.at(0).get<std::string>(), json.at(1).get<std::string>()};
}

}  // namespace

std::string text_of(const CudnnCandidatePlans& found) {
  nlohmann::json json{{"plans", nlohmann::json::array()}, {"refusal", found.refusal}};
  for (const CudnnCandidatePlans::Plan& plan : found.plans) json["plans"].push_back(json_of(plan));
  if (found.plain) json["plain"] = json_of(*found.plain);
  return json.dump();
}

CudnnCandidatePlans plans_from_text(const std::string& text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    CudnnCandidatePlans found;
    for (const nlohmann::json& plan : json.at("plans")) found.plans.push_back(plan_of(plan));
    if (json.contains("plain")) found.plain = plan_of(json.at("plain"));
    found.refusal = json.at("refusal").get<std::string>();
    return found;
  } catch (const nlohmann::json::exception& error) {
    base::fail(base::ExitCode::failed, "candidate plans: ", error.what());
  }
}

std::vector<CudnnCandidatePlans::Plan> proposed_plans(
    const std::shared_ptr<const CudnnDevice>& device, const ConvShape& shape,
    CudnnAttempts& attempts) {
  return Collection(device, shape, attempts).proposed();
}

std::vector<CudnnCandidatePlans::Plan> further_plans(
    const std::shared_ptr<const CudnnDevice>& device, const ConvShape& shape,
    CudnnAttempts& attempts) {
  return Collection(device, shape, attempts).further();
}

CudnnCandidatePlans candidate_plans(const std::shared_ptr<const CudnnDevice>& device,
                                    const ConvShape& shape, bool deterministic,
                                    CudnnAttempts* watched) {
  CudnnAttempts unwatched;
  CudnnAttempts& attempts = watched ? *watched : unwatched;
  CudnnCandidatePlans found;
  if (deterministic) {
    if (const auto plan = first_plan(device, shape, attempts)) found.plans = {*plan};
  } else {
    found.plans = proposed_plans(device, shape, attempts);
    for (CudnnCandidatePlans::Plan& plan : further_plans(device, shape, attempts))
      found.plans.push_back(std::move(plan));
  }
  const ConvShape plain = plain_conv(shape);
  if (plain != shape) found.plain = first_plan(device, plain, attempts);
  if (attempts.compiled == 0) found.refusal = attempts.refusal;
  return found;
}

std::map<ConvShape, CudnnCandidatePlans> candidate_plans(
    const std::vector<ConvShape>& shapes, bool deterministic, int threads,
    const std::function<std::shared_ptr<const CudnnDevice>()>& open) {
  std::map<ConvShape, CudnnCandidatePlans> all;
  std::mutex mutex;
  std::atomic<size_t> next = 0;
  auto work = [&] {
    try {
      const auto device = open();
      for (size_t i = next++; i < shapes.size(); i = next++) {
        CudnnCandidatePlans found = candidate_plans(device, shapes[i], deterministic);
        const std::lock_guard lock(mutex);
        all[shapes[i]] = std::move(found);
      }
    } catch (const std::exception&) {  // plan() of these shapes meets the failure again
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  return all;
}

}  // namespace engine
