#include "kernels/schedule.h"
#include "tests/support/catch.h"

using kernels::Schedule;

namespace {

Schedule cosine(double base, double warmup_rate, int64_t warmup_steps, int64_t total) {
  return {.kind = Schedule::Kind::cosine,
          .base_rate = base,
          .warmup_rate = warmup_rate,
          .warmup_steps = warmup_steps,
          .total_steps = total};
}

}  // namespace

TEST_CASE("schedule: the four configurations of the original") {
  struct Row {
    Schedule schedule;
    double first, second, last_warm, warm, mid, last;
    int64_t mid_step;
  };
  const Row rows[] = {
      {cosine(0.16, 0.0693312, 1000, 12500), .0693312, .0694218688, .1599093312, .16, .08, 2.985e-9,
       6750},
      {cosine(0.08, 0.0346656, 2000, 25000), .0346656, .0346882672, .0799773328, .08, .04,
       3.731e-10, 13500},
      {cosine(0.02, 0.0086664, 8000, 100000), .0086664, .0086678167, .0199985833, .02, .01,
       5.830e-12, 54000},
      {cosine(0.02, 0.0086664, 400, 1250), .0086664, .008694734, .019971666, .02, .01, 6.830e-8,
       825},
  };
  for (const Row& r : rows) {
    const Schedule& s = r.schedule;
    CHECK(s.at(0) == Approx(r.first).epsilon(1e-7));
    CHECK(s.at(1) == Approx(r.second).epsilon(1e-7));
    CHECK(s.at(s.warmup_steps - 1) == Approx(r.last_warm).epsilon(1e-7));
    CHECK(s.at(s.warmup_steps) == Approx(r.warm).epsilon(1e-7));
    CHECK(s.at(r.mid_step) == Approx(r.mid).epsilon(1e-7));
    CHECK(s.at(s.total_steps - 1) == Approx(r.last).epsilon(1e-3));
    CHECK(s.at(s.total_steps + 1) == 0);
    CHECK(kernels::fault_of(s) == nullptr);
  }
  CHECK(rows[0].schedule.at(500) == Approx(0.1146656).epsilon(1e-7));
  CHECK(rows[0].schedule.at(12500) == Approx(0).margin(1e-15));
}

TEST_CASE("schedule: contradictions are told") {
  CHECK(kernels::fault_of(cosine(0.1, 0.01, 100, 50)) != nullptr);
  CHECK(kernels::fault_of(cosine(0.1, 0.2, 10, 50)) != nullptr);
  Schedule manual{
      .kind = Schedule::Kind::manual, .boundaries = 2, .boundary = {5, 5}, .rate = {1, 2, 3}};
  CHECK(kernels::fault_of(manual) != nullptr);
}
