// The phases of a step, timed by the ranges that the engine names (engine/base/ranges.h).
#pragma once
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/backend.h"
#include "engine/base/ranges.h"

namespace benchmarks {

// While it exists, the ranges of this thread are timed. On a GPU it waits for the queue where a
// phase begins and ends, so such steps are slower than others, and must not be recorded.
class PhaseMeter : public base::RangeObserver {
 public:
  PhaseMeter(engine::Backend& backend, bool cpu_time) : backend_(backend), cpu_time_(cpu_time) {
    base::observe_ranges(this);
  }
  ~PhaseMeter() override { base::observe_ranges(nullptr); }
  PhaseMeter(const PhaseMeter&) = delete;
  PhaseMeter& operator=(const PhaseMeter&) = delete;

  void begin_step();
  void end_step();
  void begin(const char* name) override;
  void end(const char* name) override;

  // By phase, in the order of a step, milliseconds of it in a step: "min", "p25", "median", "p75",
  // "max". What belongs to no phase is "other". Phases that never ran are left out.
  nlohmann::ordered_json to_json() const;

 private:
  static constexpr size_t kPhases = 10;  // with "other"
  double now();

  engine::Backend& backend_;
  bool cpu_time_, in_step_ = false;
  int depth_ = 0;
  size_t phase_ = 0;                    // of the range that is open
  double step_start_ = 0, start_ = 0;   // seconds
  std::array<double, kPhases> step_{};  // seconds of this step
  std::array<bool, kPhases> ran_{};     // whether a phase has ever begun
  std::vector<std::array<double, kPhases>> steps_;
};

}  // namespace benchmarks
