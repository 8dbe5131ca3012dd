// The phases of a step, timed by the ranges that the engine names (engine/base/ranges.h).
#pragma once
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "engine/backend.h"
#include "engine/base/ranges.h"

namespace benchmarks {

// While it exists, the ranges of this thread are timed.
class PhaseMeter : public base::RangeObserver {
 public:
  using Clock = std::function<double()>;  // seconds
  explicit PhaseMeter(Clock clock) : now_(std::move(clock)) { base::observe_ranges(this); }
  ~PhaseMeter() override { base::observe_ranges(nullptr); }
  PhaseMeter(const PhaseMeter&) = delete;
  PhaseMeter& operator=(const PhaseMeter&) = delete;

  void begin_step();
  double end_step();  // the seconds of the step, which are the sum of those of its phases
  void begin(const char* name) override;
  void end(const char* name) override;

  // By phase, in the order of a step, milliseconds of it in a step: "min", "p25", "median", "p75",
  // "max", "mean". What belongs to no phase is "other". Phases that never ran are left out.
  nlohmann::ordered_json to_json() const;

 private:
  static constexpr size_t kPhases = 10;  // with "other"

  const Clock now_;
  bool in_step_ = false;
  int depth_ = 0;
  size_t phase_ = 0;                    // of the range that is open
  double step_start_ = 0, start_ = 0;   // seconds
  std::array<double, kPhases> step_{};  // seconds of this step
  std::array<bool, kPhases> ran_{};     // whether a phase has ever begun
  std::vector<std::array<double, kPhases>> steps_;
};

// Wall or CPU time. On a GPU it waits for the queue whenever it is asked, so steps in which phases
// are timed are slower than others, and must not be recorded.
PhaseMeter::Clock phase_clock(engine::Backend& backend, bool cpu_time);

}  // namespace benchmarks
