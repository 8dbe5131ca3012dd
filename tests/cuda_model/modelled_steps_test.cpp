// Training steps of ranks that are processes of this machine, each with a modelled GPU.
#include "tests/cuda_model/model.h"
#include "tests/support/catch.h"
#include "tests/support/tools/gpu_ranks.h"
#include "tests/support/tools/rank_step.h"
#include "tools/run/roll_call.h"

using namespace tests;
using engine::Collectives;
using model::LossNormalizer;

namespace {

// Steps of this rank's detector.
struct Steps {
  RankStep step;
  Steps(const GpuRank& r, RankStepOptions options, Collectives* ranks)
      : step((options.device = "cuda:" + std::to_string(r.ranks.rank()), options), ranks) {}
  void run(Collectives* ranks, bool endless = false) {
    std::vector<int> rows;
    for (int row = engine::rank_of(ranks); row < RankStep::kImages; row += engine::count_of(ranks))
      rows.push_back(row);
    step.step(rows, endless);
  }
  std::vector<Values> values() {
    std::vector<Values> all;
    for (const engine::View& view : step.weights())
      all.push_back(read(step.device().backend(), view));
    all.push_back(read(step.device().backend(), step.statistics()));
    return all;
  }
};

void expect_equal_weights(const GpuRank& r, Steps& steps) {
  const uint64_t hash = run::hash_of(steps.step.weights(), steps.step.device());
  const std::string mine(reinterpret_cast<const char*>(&hash), sizeof hash);
  for (const std::string& other : r.ranks.gather_bytes("hashes", mine))
    expect(other == mine, "the weights of another rank");
}

RankStepOptions whole_batch(const char* precision, const Collectives* ranks) {
  return {.precision = engine::precision_named(precision),
          .normalizer = LossNormalizer::global,
          .sync_batch_norm = true,
          .batch_size = RankStep::kImages / engine::count_of(ranks)};
}

// Statistics of each rank, so that gradients are summed during the backward pass.
RankStepOptions overlapping(const char* precision, int buckets) {
  return {.precision = engine::precision_named(precision),
          .batch_size = RankStep::kImages / 2,
          .sums = {.buckets = buckets}};
}

std::vector<Values> after_steps(const GpuRank& r, const RankStepOptions& options, int batches,
                                int endless) {
  Steps steps(r, options, &r.ranks);
  for (int i = 0; i < batches; ++i) {
    steps.run(&r.ranks, i == endless && r.ranks.rank() == 1);
    expect_equal_weights(r, steps);
  }
  expect(steps.step.state().skipped == (endless >= 0), "the number of skipped steps");
  return steps.values();
}

// Where work of a name with these letters stands in the order in which it has run.
std::vector<size_t> places_of(const std::string& part, const std::vector<std::string>& names) {
  std::vector<size_t> places;
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i].find(part) != std::string::npos) places.push_back(i);
  return places;
}

// What this rank's GPU runs in a recorded step, in that order.
std::vector<std::string> work_of_a_step(Steps& steps, Collectives* ranks) {
  run::Device& device = steps.step.device();
  for (int i = 0; i < 2; ++i) steps.run(ranks);
  device.backend().synchronize(device.queue());
  std::vector<std::string> names;
  cuda_model::list_work(&names);
  steps.run(ranks);
  device.backend().synchronize(device.queue());
  cuda_model::list_work(nullptr);
  return names;
}

}  // namespace

TEST_CASE("ranks on GPUs train as one with all images, and have the same bits after every step") {
  for (const int count : {2, 4})
    CHECK(on_gpus(count, [](const GpuRank& r) {
            make_communicator(r);
            Steps alone(r, whole_batch("fp32", nullptr), nullptr),
                together(r, whole_batch("fp32", &r.ranks), &r.ranks);
            for (int i = 0; i < 3; ++i) {
              alone.run(nullptr);
              together.run(&r.ranks);
              expect_equal_weights(r, together);
            }
            const std::vector<Values> expected = alone.values(), got = together.values();
            for (size_t i = 0; i < got.size(); ++i)
              expect(distance(got[i], expected[i]) < 5e-5, "buffer " + std::to_string(i));
          }) == all(count, 0));
}

TEST_CASE("a step in fp16 whose gradients overflow on one rank is skipped by all") {
  CHECK(on_gpus(2, [](const GpuRank& r) {
          make_communicator(r);
          Steps steps(r, whole_batch("fp16", &r.ranks), &r.ranks);
          for (int i = 0; i < 4; ++i) {
            const std::vector<Values> before = steps.values();
            steps.run(&r.ranks, i == 2 && r.ranks.rank() == 1);
            expect_equal_weights(r, steps);
            expect((steps.values()[0] == before[0]) == (i == 2), "whether weights changed");
          }
          expect(steps.step.state().skipped == 1, "the number of skipped steps");
        }) == all(2, 0));
}

TEST_CASE("sums in buckets during the backward pass give the bits of one sum after it") {
  CHECK(on_gpus(2, [](const GpuRank& r) {
          make_communicator(r);
          for (const LossNormalizer normalizer : {LossNormalizer::per_rank, LossNormalizer::global})
            for (const int accumulate : {1, 2}) {
              RankStepOptions options = overlapping("fp16", 1);
              options.normalizer = normalizer;
              options.accumulate = accumulate;
              const int batches = 4 * accumulate, endless = 2 * accumulate;
              const std::vector<Values> one = after_steps(r, options, batches, endless);
              for (const int buckets : {3, 5}) {
                options.sums.buckets = buckets;
                expect(after_steps(r, options, batches, endless) == one,
                       "the bits of sums in " + std::to_string(buckets) + " buckets");
              }
            }
        }) == all(2, 0));
}

TEST_CASE("the first bucket is summed before the backward pass ends") {
  const auto work = [](const GpuRank& r) {
    make_communicator(r);
    for (const int buckets : {1, 4}) {
      Steps steps(r, overlapping("fp32", buckets), &r.ranks);
      const std::vector<std::string> names = work_of_a_step(steps, &r.ranks);
      const std::vector<size_t> sums = places_of("ncclAllReduce", names),
                                convolutions = places_of("cuDNN", names);
      expect(!sums.empty() && !convolutions.empty(), "the list of work");
      // The gradients of the first layer's weights are the last convolution of a step.
      const bool during = sums.front() < convolutions.back();
      expect(during == (buckets > 1), "when the first bucket is summed");
      expect(sums.back() > convolutions.back(), "when the last bucket is summed");
    }
  };
  CHECK(on_gpus(2, work, {.schedule = "early"}) == all(2, 0));
}

TEST_CASE("sums in half types are rounded on each rank, and all ranks have the same bits") {
  CHECK(on_gpus(2, [](const GpuRank& r) {
          make_communicator(r);
          for (const DType half : {DType::f16, DType::bf16}) {
            RankStepOptions options = overlapping("fp16", 4);
            const Values exact = after_steps(r, options, 1, -1)[1];  // the momentum: the gradient
            options.sums.half = half;
            const double error = distance(after_steps(r, options, 1, -1)[1], exact);
            expect(error > 0 && error < (half == DType::f16 ? 2e-3 : 1e-2),
                   "the rounding, by " + std::to_string(error));
            const std::vector<Values> buckets = after_steps(r, options, 3, 1);
            options.sums.buckets = 1;
            expect(after_steps(r, options, 3, 1) == buckets, "the bits of sums in buckets");
          }
        }) == all(2, 0));
}
