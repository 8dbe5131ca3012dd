// Makes the candidate plans of many convolutions on all cores, in child processes if possible. Each
// is kept on disk as soon as it is made, until a plan for its convolution has been chosen.
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
    // Opens a device for one thread. Used if there are no child processes.
    std::function<std::shared_ptr<const CudnnDevice>()> open;
  };
  PreparedPlans(std::shared_ptr<const CudnnDevice>, const PlanCache&, Options);

  void prepare(const std::vector<ConvShape>&);
  // Returns what prepare() or an interrupted run found; else makes the plans now.
  CudnnCandidatePlans take(const ConvShape&);
  // Makes the plans in this process, whatever is kept.
  CudnnCandidatePlans make_now(const ConvShape&) const;
  // Removes the candidates from the disk once a plan has been chosen.
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
