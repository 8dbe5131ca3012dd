// The candidate plans of many convolutions: made on all cores, in processes of their own where that
// is possible, and kept on disk as they come until one of them is chosen.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/conv/plan_cache.h"
#include "engine/cudnn/candidate_plans.h"

namespace engine {

class PreparedPlans {
 public:
  struct Options {
    bool deterministic = false;
    std::string program;  // BackendOptions::plan_program
    int threads = 1;      // or processes
    std::function<void(const std::string&)> tell;
    // A device for one thread, where there are no processes.
    std::function<std::shared_ptr<const CudnnDevice>()> open;
  };
  PreparedPlans(std::shared_ptr<const CudnnDevice>, const PlanCache&, Options);

  void prepare(const std::vector<ConvShape>&);
  // What prepare() or an interrupted run found, else made now.
  CudnnCandidatePlans take(const ConvShape&);
  // Made now, in this process.
  CudnnCandidatePlans anew(const ConvShape&) const;
  // A plan has been chosen: candidates are not kept any longer.
  void drop(const ConvShape& shape) const { cache_.remove(key_of(shape)); }

 private:
  std::string key_of(const ConvShape&) const;
  std::optional<CudnnCandidatePlans> kept(const ConvShape&) const;
  void in_processes(std::vector<ConvShape>& shapes);
  void add(const ConvShape&, CudnnCandidatePlans);
  void tell_refusal(const CudnnCandidatePlans&);

  std::shared_ptr<const CudnnDevice> device_;
  const PlanCache& cache_;
  Options options_;
  std::map<ConvShape, CudnnCandidatePlans> found_;
  size_t wanted_ = 0, made_ = 0;
  std::chrono::steady_clock::time_point told_;
  bool told_refusal_ = false;
};

}  // namespace engine
