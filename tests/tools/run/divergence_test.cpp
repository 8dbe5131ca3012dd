// When a run is taken to have diverged, and how a short one warms up.
#include "tools/run/divergence.h"

#include <limits>

#include "tests/support/catch.h"
#include "tools/run/run_options.h"

using run::DivergenceWatch;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

config::TrainConfig limits(double max_loss, int steps) {
  config::TrainConfig config;
  config.divergence = {.max_loss = max_loss, .steps = steps};
  return config;
}

// The step at which the watch gives up on a run with these losses from step 1 on; 0: never.
template <class Loss>
int64_t given_up(const config::TrainConfig& config, Loss loss, kernels::OptimizerState state = {},
                 bool scaled = false) {
  DivergenceWatch watch(config, scaled);
  for (int64_t step = 1; step <= 1000; ++step)
    if (watch.wants(step) && !watch.look(step, loss(step), state).empty()) return step;
  return 0;
}

}  // namespace

TEST_CASE("losses above the bound, or not finite, end a run after so many steps in a row") {
  for (double bad : {kNan, kInfinite, 1e9}) {
    CAPTURE(bad);
    CHECK(given_up(limits(1e4, 1), [&](int64_t) { return bad; }) == 1);
    CHECK(given_up(limits(1e4, 4), [&](int64_t) { return bad; }) == 4);
    CHECK(given_up(limits(1e4, 25), [&](int64_t) { return bad; }) == 25);
    CHECK(given_up(limits(1e4, 100), [&](int64_t s) { return s > 300 ? bad : 2; }) == 400);
  }
}

TEST_CASE("a good loss in between starts the count anew") {
  CHECK(given_up(limits(1e4, 4), [](int64_t s) { return s % 4 ? 1e9 : 2; }) == 0);
  CHECK(given_up(limits(0, 4), [](int64_t) { return 1e9; }) == 0);  // no bound
  CHECK(given_up(limits(0, 4), [](int64_t) { return kNan; }) == 4);
  CHECK(given_up(limits(1e4, 25), [](int64_t) { return 9999.0; }) == 0);
}

TEST_CASE("a loss scale that still falls is waited for, at its floor it is not") {
  kernels::OptimizerState falling, floor;
  falling.loss_scale = 1024;
  floor.loss_scale = 1;
  const auto lost = [](int64_t) { return kNan; };
  CHECK(given_up(limits(1e4, 4), lost, falling, true) == 0);
  CHECK(given_up(limits(1e4, 4), lost, floor, true) == 4);
  falling.skipped_in_a_row = floor.skipped_in_a_row = 25;
  const auto good = [](int64_t) { return 1.0; };
  CHECK(given_up(limits(1e4, 4), good, falling, true) == 0);
  CHECK(given_up(limits(1e4, 4), good, floor, true) == 1);
  CHECK(given_up(limits(1e4, 4), good, falling, false) == 1);
}

TEST_CASE(
    "a schedule that ends before the run does is told, because nothing is trained from then on") {
  config::ScheduleConfig s;
  s.warmup_steps = 10;
  s.total = 400;
  CHECK(run::schedule_remarks(s, 400).empty());
  CHECK(run::schedule_remarks(s, 300).empty());
  const std::vector<std::string> remarks = run::schedule_remarks(s, 401);
  REQUIRE(remarks.size() == 1);
  CHECK_THAT(remarks[0], Catch::Contains("is 0 from step 401 to the last one, 401") &&
                             Catch::Contains("train.schedule.total=400"));
  config::RunConfig c;
  c.train.schedule = s;
  const kernels::Schedule schedule = run::optimizer_options(c, 500).update.schedule;
  CHECK(schedule.at(399) > 0);  // the rate of step 400
  CHECK(schedule.at(400) == 0);
  s.kind = kernels::Schedule::Kind::constant;
  CHECK(run::schedule_remarks(s, 500).empty());
  s.kind = kernels::Schedule::Kind::manual;
  CHECK(run::schedule_remarks(s, 500).empty());
}

TEST_CASE("a warm-up that is longer than the schedule takes a tenth of it, and says so") {
  config::ScheduleConfig s;  // 8000 steps
  CHECK(run::warmup_steps(s, 500) == 50);
  CHECK(run::warmup_steps(s, 5) == 0);
  CHECK(run::warmup_steps(s, 7999) == 799);
  CHECK(run::warmup_steps(s, 8000) == 8000);
  CHECK(run::schedule_remarks(s, 8000).empty());
  const std::vector<std::string> remarks = run::schedule_remarks(s, 500);
  REQUIRE(remarks.size() == 1);
  CHECK_THAT(remarks[0], Catch::Contains("50 steps, a tenth") && Catch::Contains("has 500 steps") &&
                             Catch::Contains("train.schedule.warmup_steps=8000"));
  s.total = 60;  // the schedule's own length counts
  CHECK(run::warmup_steps(s, 100000) == 6);
  for (auto kind : {kernels::Schedule::Kind::cosine, kernels::Schedule::Kind::manual,
                    kernels::Schedule::Kind::constant}) {
    config::RunConfig c;
    c.train.schedule.kind = kind;
    for (int64_t steps : {20, 100, 3000}) {
      const kernels::Schedule schedule = run::optimizer_options(c, steps).update.schedule;
      CHECK(schedule.at(0) < schedule.at(steps / 10));
      CHECK(schedule.at(steps / 10) == Approx(c.train.schedule.base_rate * 32 / 256));
    }
  }
}

TEST_CASE("numbers for pixels from 0 to 1 are told, and others are not") {
  config::DataConfig d;
  CHECK(run::scaling_in_words(d).empty());
  d.mean = {0, 0, 0};
  CHECK(run::scaling_in_words(d).empty());
  d.std = {255, 255, 255};
  CHECK(run::scaling_in_words(d).empty());
  d.mean = {127.5, 127.5, 127.5}, d.std = {127.5, 127.5, 127.5};
  CHECK(run::scaling_in_words(d).empty());
  d.mean = {0.485, 0.456, 0.406};
  CHECK_THAT(run::scaling_in_words(d), Catch::Contains("data.mean=[0.485,0.456,0.406] looks") &&
                                           Catch::Contains("multiply it by 255"));
  d.std = {0.229, 0.224, 0.225};
  CHECK_THAT(
      run::scaling_in_words(d),
      Catch::Contains("data.mean=[0.485,0.456,0.406] and data.std=[0.229,0.224,0.225] look") &&
          Catch::Contains("multiply them by 255"));
  d.mean = {123.68, 116.779, 103.939};
  CHECK_THAT(run::scaling_in_words(d), Catch::Contains("note: data.std=[0.229,0.224,0.225] looks"));
}
