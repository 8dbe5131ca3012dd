#include "engine/cudnn/contenders.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace engine {
namespace {

// How many plans of one recipe are tried. Compiling one takes seconds.
constexpr int kTried = 4, kTriedIfCompiled = 2;

std::optional<CudnnContenders::Plan> first(const std::shared_ptr<const CudnnDevice>& device,
                                           const ConvShape& shape) {
  const auto choice = choose_first(device, shape, [](ConvPlan&) { return true; });
  if (!choice) return std::nullopt;
  return CudnnContenders::Plan{choice->recipe, choice->plan_text};
}

std::vector<CudnnContenders::Plan> several(const std::shared_ptr<const CudnnDevice>& device,
                                           const ConvShape& shape) {
  std::vector<CudnnContenders::Plan> plans;
  std::map<std::string, int> tried;
  bool ready = false;  // a fused kernel that need not be compiled: nothing unfused beats it
  for (const CudnnOffer& offer : cudnn_offers(*device, shape, 0)) {
    const bool compiled = offer.candidate.compiled_at_run_time;
    int& count = tried[offer.recipe.name];
    if ((ready && !offer.recipe.fused) || count >= (compiled ? kTriedIfCompiled : kTried)) continue;
    const auto choice = build(device, shape, offer);
    if (!choice) continue;
    plans.push_back({choice->recipe, choice->plan_text});
    ++count;
    ready = ready || (offer.recipe.fused && !compiled);
  }
  return plans;
}

}  // namespace

CudnnContenders contenders(const std::shared_ptr<const CudnnDevice>& device, const ConvShape& shape,
                           bool deterministic) {
  CudnnContenders found;
  if (deterministic) {
    if (const auto plan = first(device, shape)) found.plans = {*plan};
  } else {
    found.plans = several(device, shape);
  }
  const ConvShape plain = plain_conv(shape);
  if (plain != shape) found.trusted = first(device, plain);
  return found;
}

std::map<ConvShape, CudnnContenders> contenders(
    const std::vector<ConvShape>& shapes, bool deterministic, int threads,
    const std::function<std::shared_ptr<const CudnnDevice>()>& open) {
  std::map<ConvShape, CudnnContenders> all;
  std::mutex mutex;
  std::atomic<size_t> next = 0;
  auto work = [&] {
    try {
      const auto device = open();
      for (size_t i = next++; i < shapes.size(); i = next++) {
        CudnnContenders found = contenders(device, shapes[i], deterministic);
        const std::lock_guard lock(mutex);
        all[shapes[i]] = std::move(found);
      }
    } catch (const std::exception&) {  // whoever wants the plan meets the failure again
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  return all;
}

}  // namespace engine
