#include "benchmarks/phases.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "benchmarks/times.h"

namespace benchmarks {
namespace {

struct Named {
  std::string_view range, phase;
};
constexpr Named kNames[] = {
    {"data wait", "data wait"},   {"upload", "copy"},   {"targets", "targets"},
    {"forward", "forward"},       {"losses", "losses"}, {"backward", "backward"},
    {"all-reduce", "all-reduce"}, {"update", "update"}, {"suppression", "suppression"}};
constexpr size_t kOther = std::size(kNames);

}  // namespace

PhaseMeter::Clock phase_clock(engine::Backend& backend, bool cpu_time) {
  return [&backend, cpu_time] {
    const kernels::Queue queue = backend.queue(engine::Lane::compute);
    if (queue.gpu) backend.synchronize(queue);
    return seconds_now(cpu_time);
  };
}

void PhaseMeter::begin_step() {
  in_step_ = true;
  step_ = {};
  step_start_ = now_();
}

double PhaseMeter::end_step() {
  const double whole = now_() - step_start_;
  step_[kOther] = std::max(0.0, whole - std::accumulate(step_.begin(), step_.end(), 0.0));
  ran_[kOther] = true;
  steps_.push_back(step_);
  in_step_ = false;
  return whole;
}

void PhaseMeter::begin(const char* name) {
  if (!in_step_ || depth_++ > 0) return;
  phase_ = size_t(std::find_if(std::begin(kNames), std::end(kNames),
                               [&](const Named& n) { return n.range == name; }) -
                  std::begin(kNames));
  if (phase_ != kOther) start_ = now_();
}

void PhaseMeter::end(const char*) {
  if (!in_step_ || depth_ == 0 || --depth_ > 0 || phase_ == kOther) return;
  step_[phase_] += now_() - start_;
  ran_[phase_] = true;
}

nlohmann::ordered_json PhaseMeter::to_json() const {
  nlohmann::ordered_json phases = nlohmann::ordered_json::object();
  for (size_t k = 0; k <= kOther; ++k) {
    if (!ran_[k]) continue;
    std::vector<double> seconds;
    for (const auto& step : steps_) seconds.push_back(step[k]);
    phases[k == kOther ? "other" : std::string(kNames[k].phase)] = Times(seconds).spread(1e3);
  }
  return phases;
}

}  // namespace benchmarks
