// When a run evaluates, saves and ends, step by step, without a run.
#include "tools/run/milestones.h"

#include <limits>
#include <vector>

#include "tests/support/catch.h"

using run::BestEvaluation, run::MilestoneOptions, run::Milestones, run::Verdict;

namespace {

using Steps = std::vector<int64_t>;

template <class Due> Steps steps_with(const Milestones& milestones, Due due) {
  Steps steps;
  for (int64_t step = 1; step <= milestones.total_steps(); ++step)
    if (due(step)) steps.push_back(step);
  return steps;
}

Steps evaluations(const MilestoneOptions& options) {
  const Milestones m(options);
  return steps_with(m, [&](int64_t step) { return m.evaluation_due(step); });
}

Steps saves(const MilestoneOptions& options) {
  const Milestones m(options);
  return steps_with(m, [&](int64_t step) { return m.save_due(step); });
}

}  // namespace

TEST_CASE("evaluations come at their distance and at the end, where there is something to find") {
  CHECK(evaluations({.total_steps = 10, .evaluates = true, .evaluate_every = 4}) ==
        Steps{4, 8, 10});
  CHECK(evaluations({.total_steps = 10, .evaluates = true, .evaluate_every = 5}) == Steps{5, 10});
  CHECK(evaluations({.total_steps = 10, .evaluates = true}) == Steps{10});
  CHECK(evaluations({.total_steps = 10, .evaluate_every = 4}).empty());
}

TEST_CASE("checkpoints come at their own distance, else with evaluations, and always at the end") {
  CHECK(saves({.total_steps = 10, .evaluates = true, .evaluate_every = 4}) == Steps{4, 8, 10});
  CHECK(saves({.total_steps = 10, .evaluates = true, .evaluate_every = 4, .save_every = 3}) ==
        Steps{3, 6, 9, 10});
  CHECK(saves({.total_steps = 10}) == Steps{10});
}

TEST_CASE("a run is done at its last step, and before its first when nothing is left to do") {
  const Milestones m({.total_steps = 5});
  CHECK_FALSE(m.done(4));
  CHECK(m.done(5));
  CHECK(m.done(9));
  CHECK(Milestones({.total_steps = 0}).done(0));
}

TEST_CASE("a gain has to be larger than the least gain, the first one but not") {
  Milestones m({.total_steps = 100, .patience = 2, .min_gain = 0.1});
  CHECK(m.evaluated(1, 0.0) == Verdict::better);  // the first measured one always is
  CHECK(m.evaluated(2, 0.05) == Verdict::no_better);
  CHECK_FALSE(m.stopped_early());
  CHECK(m.evaluated(3, 0.2) == Verdict::better);
  CHECK(m.best() == BestEvaluation{0.2, 3, 0});
  CHECK(m.evaluated(4, 0.25) == Verdict::no_better);
  CHECK(m.evaluated(5, 0.2) == Verdict::no_better);
  CHECK(m.stopped_early());
  CHECK(m.done(5));
  CHECK(m.evaluation_due(5) == false);  // nothing to evaluate on
  CHECK(m.save_due(5));
}

TEST_CASE("without patience a run never stops early") {
  Milestones m({.total_steps = 100});
  for (int step = 1; step < 50; ++step) m.evaluated(step, 0.5);
  CHECK(m.best().evaluations_without_gain == 48);
  CHECK_FALSE(m.stopped_early());
}

TEST_CASE("a metric without a value takes no part in the best or in early stopping") {
  const double nothing = GENERATE(-1.0, std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity(), -0.5);
  CAPTURE(nothing);
  Milestones m({.total_steps = 100, .patience = 1});
  for (int step = 1; step < 10; ++step) CHECK(m.evaluated(step, nothing) == Verdict::unmeasured);
  CHECK(m.best() == BestEvaluation{});
  CHECK_FALSE(m.stopped_early());
  CHECK(m.evaluated(10, 0.3) == Verdict::better);
  CHECK(m.evaluated(11, nothing) == Verdict::unmeasured);
  CHECK(m.best() == BestEvaluation{0.3, 10, 0});
  CHECK_FALSE(m.stopped_early());
}

TEST_CASE("a run that stopped early stays ended when it goes on, until patience grows") {
  const BestEvaluation best{0.4, 8, 3};
  CHECK(Milestones({.total_steps = 100, .patience = 3}, best).done(11));
  CHECK_FALSE(Milestones({.total_steps = 100, .patience = 4}, best).done(11));
}
