// Steps of several ranks against those of one.
#include "tests/support/tools/rank_step.h"

#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/engine/rank_threads.h"
#include "tools/run/roll_call.h"

using namespace tests;
using engine::Collectives;
using model::LossNormalizer;

namespace {

constexpr int kSteps = 3;

// Values of flat buffers.
using Buffers = std::vector<Values>;

Values values_of(const kernels::View& view) {
  Values values(size_t(view.shape.size()));
  kernels::dispatch(view.dtype, [&]<class T>() {
    for (size_t i = 0; i < values.size(); ++i) values[i] = double(kernels::Acc<T>(view.as<T>()[i]));
  });
  return values;
}

Buffers buffers_of(const RankStep& step) {
  Buffers all;
  for (const kernels::View& view : step.weights()) all.push_back(values_of(view));
  all.push_back(values_of(step.statistics()));
  return all;
}

std::vector<int> rows_of(int rank, int ranks) {
  std::vector<int> rows;
  for (int row = rank; row < RankStep::kImages; row += ranks) rows.push_back(row);
  return rows;
}

// Weights, momentum and statistics after three steps of `ranks` ranks, of each of them.
std::vector<Buffers> after_steps(int ranks, const RankStepOptions& options) {
  std::vector<Buffers> all(static_cast<size_t>(ranks));
  const auto failures = on_ranks(ranks, [&](Collectives& c) {
    RankStep step(options, ranks > 1 ? &c : nullptr);
    for (int i = 0; i < kSteps; ++i) step.step(rows_of(c.rank(), ranks));
    all[size_t(c.rank())] = buffers_of(step);
  });
  CHECK(failures == no_failures(ranks));
  return all;
}

RankStepOptions whole_batch(const engine::Precision& precision, int ranks) {
  return {.precision = precision,
          .normalizer = LossNormalizer::global,
          .sync_batch_norm = true,
          .batch_size = RankStep::kImages / ranks};
}

void check_like_one_rank(const engine::Precision& precision, double bound) {
  const Buffers one = after_steps(1, whole_batch(precision, 1))[0];
  for (const int ranks : {2, 4}) {
    const std::vector<Buffers> parts = after_steps(ranks, whole_batch(precision, ranks));
    for (const Buffers& buffers : parts) {
      CHECK((buffers == parts[0]));
      REQUIRE(buffers.size() == one.size());
      for (size_t i = 0; i < one.size(); ++i) {
        INFO(ranks << " ranks, buffer " << i);
        CHECK(distance(buffers[i], one[i]) < bound);
      }
    }
  }
}

}  // namespace

TEST_CASE(
    "ranks with synchronised statistics and a global normaliser train as one with all images") {
  check_like_one_rank(engine::precision_named("f64"), 1e-12);
  check_like_one_rank(engine::precision_named("fp32"), 5e-5);
}

TEST_CASE("ranks with the same images train as one rank, bit for bit") {
  const RankStepOptions options{.precision = engine::precision_named("fp32")};
  RankStep alone(options, nullptr);
  for (int i = 0; i < kSteps; ++i) alone.step({0, 1});
  const Buffers expected = buffers_of(alone);
  for (const int ranks : {2, 4}) {
    const auto failures = on_ranks(ranks, [&](Collectives& c) {
      RankStep step(options, &c);
      for (int i = 0; i < kSteps; ++i) step.step({0, 1});
      if (buffers_of(step) != expected) throw std::runtime_error("other bits");
      if (step.losses().localization != alone.losses().localization)
        throw std::runtime_error("another loss");
    });
    CHECK(failures == no_failures(ranks));
  }
}

TEST_CASE("gradients of ranks with a normaliser each are averaged") {
  // One step from zero momentum: the momentum is the gradient.
  RankStepOptions options{.precision = engine::precision_named("f64")};
  std::vector<Values> alone;
  for (const int rank : {0, 1}) {
    RankStep step(options, nullptr);
    step.step(rows_of(rank, 2));
    alone.push_back(values_of(step.weights()[1]));
  }
  Values mean(alone[0].size());
  for (size_t i = 0; i < mean.size(); ++i) mean[i] = (alone[0][i] + alone[1][i]) / 2;
  const auto failures = on_ranks(2, [&](Collectives& c) {
    RankStep step(options, &c);
    step.step(rows_of(c.rank(), 2));
    if (!(distance(values_of(step.weights()[1]), mean) < 1e-14))
      throw std::runtime_error("not the mean");
  });
  CHECK(failures == no_failures(2));
}

TEST_CASE(
    "weights stay equal on all ranks, and a step that one rank cannot take is skipped by all") {
  constexpr int kRanks = 3, kLong = 200, kBad = 100;
  std::vector<std::vector<uint64_t>> hashes(kRanks);
  const RankStepOptions options{.precision = engine::precision_named("fp32"), .batch_size = 1};
  const auto failures = on_ranks(kRanks, [&](Collectives& c) {
    RankStep step(options, &c);
    for (int i = 0; i < kLong; ++i) {
      step.step({(c.rank() + i) % RankStep::kImages}, i == kBad && c.rank() == 1);
      hashes[size_t(c.rank())].push_back(run::hash_of(step.weights(), step.device()));
    }
    if (step.state().skipped != 1 || step.state().step != kLong - 1)
      throw std::runtime_error("not skipped once");
  });
  CHECK(failures == no_failures(kRanks));
  for (const auto& of_rank : hashes) CHECK(of_rank == hashes[0]);
  REQUIRE(hashes[0].size() == kLong);
  CHECK(hashes[0][kBad] == hashes[0][kBad - 1]);
  CHECK(hashes[0][kBad + 1] != hashes[0][kBad]);
}

TEST_CASE("gradients that only the type of the sums cannot hold make all ranks skip the step") {
  RankStepOptions options{.precision = engine::precision_named("fp32"),
                          .batch_size = 1,
                          .loss_scale = std::ldexp(1, 40)};
  for (const auto half : {DType::f16, DType::bf16}) {
    options.sums.half = half;
    std::vector<uint64_t> hashes(2);
    const auto failures = on_ranks(2, [&](Collectives& c) {
      RankStep step(options, &c);
      const Buffers before = buffers_of(step);
      step.step({c.rank()});
      const bool skipped = step.state().skipped == 1;
      if (skipped != (half == DType::f16)) throw std::runtime_error("skipped or not");
      if (skipped != (buffers_of(step)[0] == before[0])) throw std::runtime_error("the weights");
      hashes[size_t(c.rank())] = run::hash_of(step.weights(), step.device());
    });
    CHECK(failures == no_failures(2));
    CHECK(hashes[0] == hashes[1]);
  }
}

TEST_CASE("two batches make one update, like one batch of twice the images") {
  const auto options = [](int batches) -> RankStepOptions {
    return {.precision = engine::precision_named("f64"),
            .batch_size = 2 / batches,
            .accumulate = batches};
  };
  // Statistics and normaliser are those of a batch, so both have the same images in all batches.
  std::vector<Buffers> all;
  for (const int batches : {1, 2}) {
    std::vector<Buffers> ends(2);
    const auto failures = on_ranks(2, [&](Collectives& c) {
      RankStep step(options(batches), &c);
      for (int i = 0; i < batches * kSteps; ++i)
        batches == 1 ? step.step({c.rank(), c.rank()}) : step.step({c.rank()});
      ends[size_t(c.rank())] = buffers_of(step);
    });
    CHECK(failures == no_failures(2));
    CHECK((ends[0][0] == ends[1][0]));
    all.push_back(ends[0]);
  }
  CHECK(distance(all[1][0], all[0][0]) < 1e-12);
}

TEST_CASE("weights that differ are noticed and told") {
  const auto failures = on_ranks(2, [](Collectives& c) {
    run::RollCall roll(&c);
    roll.call({.weights = 7}, 0);
    roll.call({.weights = c.rank() == 1 ? 8u : 7u}, 5);
  });
  CHECK_THAT(failures[0], Catch::Contains("rank 1 on") &&
                              Catch::Contains("other weights than rank 0") &&
                              Catch::Contains("after step 5"));
}

TEST_CASE("a stop or a fault of one rank is that of all") {
  const auto failures = on_ranks(3, [](Collectives& c) {
    run::RollCall roll(&c);
    if (!roll.call({}, 0).empty()) throw std::runtime_error("stopped by nobody");
    const bool asked = c.rank() == 2;
    const std::string reason = roll.call({.stop = asked, .words = asked ? "SIGTERM" : ""}, 1);
    if (reason.rfind("SIGTERM at rank 2 on ", 0) != 0) throw std::runtime_error(reason);
    roll.call({.fault = c.rank() == 1 ? 3 : 0, .words = "a.jpg: cut off"}, 2);
  });
  for (const std::string& failure : failures)
    CHECK_THAT(failure, Catch::Contains("rank 1 on") && Catch::Contains("a.jpg: cut off"));
}
