#include "kernels/schedule.h"

#include <algorithm>
#include <cmath>

#include "tests/reference_cases/cases.h"

namespace reference {
namespace {

using kernels::Schedule;

json rates(const json& in, const Schedule& schedule) {
  if (const char* fault = kernels::fault_of(schedule)) throw std::invalid_argument(fault);
  json all = json::array();
  for (int64_t step : in.at("steps")) all.push_back(schedule.at(step));
  return {{"rates", all}};
}

json cosine_decay_with_warmup(const json& in) {
  return rates(in, {.kind = Schedule::Kind::cosine,
                    .base_rate = in.at("base"),
                    .warmup_rate = in.at("warmup_lr"),
                    .warmup_steps = in.at("warmup_steps"),
                    .hold_steps = in.at("hold_steps"),
                    .total_steps = in.at("total_steps")});
}

json manual_stepping(const json& in) {
  Schedule s{.kind = Schedule::Kind::manual,
             .boundaries = int(in.at("boundaries").size()),
             .ramp = in.at("warmup").get<bool>()};
  for (size_t i = 0; i < in["boundaries"].size(); ++i) s.boundary[i] = in["boundaries"][i];
  for (size_t i = 0; i < in.at("rates").size(); ++i) s.rate[i] = in["rates"][i];
  return rates(in, s);
}

// The original has this schedule; none of its configurations for SSD320 uses it, and the engine
// does not have it.
json exponential_decay_with_burnin(const json& in) {
  json all = json::array();
  const double base = in.at("base"), factor = in.at("decay_factor"), least = in.at("min_lr");
  const int64_t burnin = in.at("burnin_steps"), decay = in.at("decay_steps");
  for (int64_t step : in.at("steps")) {
    double exponent = double(step - burnin) / double(decay);
    if (in.at("staircase")) exponent = std::floor(exponent);
    const double rate = std::max(base * std::pow(factor, exponent), least);
    all.push_back(step < burnin ? in.at("burnin_lr").get<double>() : rate);
  }
  return {{"rates", all}};
}

}  // namespace

Ops schedule_ops() {
  return {
      {"cosine_decay_with_warmup", cosine_decay_with_warmup},
      {"manual_stepping", manual_stepping},
      {"exponential_decay_with_burnin", exponential_decay_with_burnin},
  };
}

}  // namespace reference
