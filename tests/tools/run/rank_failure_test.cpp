// What a rank does when another one fails between a step and what follows it: inside the trainer.
#include <cmath>
#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/engine/forwarding_rank.h"
#include "tests/support/engine/rank_threads.h"
#include "tests/support/tools/training_job.h"
#include "tools/run/trainer.h"

using namespace tests;
using base::ExitCode, engine::Collectives;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

// The calls of a rank, of which some do not come.
class FailingRank : public ForwardingRank {
 public:
  using ForwardingRank::ForwardingRank;
  virtual void before_gathering(const std::string& what) = 0;
  std::vector<std::string> gather_bytes(const char* what, const std::string& mine) override {
    before_gathering(what);
    return ForwardingRank::gather_bytes(what, mine);
  }
};

// Takes part in so many steps with all their sums, and is gone before anything else is exchanged.
class DyingRank : public FailingRank {
 public:
  DyingRank(Collectives& real, int steps) : FailingRank(real), steps_left_(steps) {}
  void before_gathering(const std::string& what) override {
    if (notes_ && steps_left_ == 0) throw std::runtime_error("this rank dies");
    if (what != "news after each step") return;
    notes_ = true;
    --steps_left_;
  }

 private:
  int steps_left_;
  bool notes_ = false;  // training has begun
};

// A rank whose queued calls were ended after so many steps, because another rank has failed.
class ForsakenRank : public FailingRank {
 public:
  ForsakenRank(Collectives& real, int steps) : FailingRank(real), steps_left_(steps) {}
  bool intact() const override { return steps_left_ > 0; }
  void before_gathering(const std::string& what) override {
    if (!intact()) base::fail(ExitCode::resources, "rank 1 on node07 is gone, before ", what);
    if (what == "news after each step") --steps_left_;
  }

 private:
  int steps_left_;
};

// A rank whose process gets a signal in the middle of its first evaluation.
class SignalledRank : public FailingRank {
 public:
  using FailingRank::FailingRank;
  void before_gathering(const std::string& what) override {
    if (what != "wishes to stop an evaluation" || raised_) return;
    raised_ = true;
    std::raise(SIGTERM);
  }

 private:
  bool raised_ = false;
};

config::RunConfig tiny(Overrides more) {
  for (const char* common : {"train.batch_size=2", "eval.every_steps=0", "log.report=false"})
    more.emplace_back(common);
  return config::load_run_config("tiny.json", more);
}

void train(const config::RunConfig& config, Collectives& ranks, const run::StopSignal& stop) {
  run::Trainer trainer(config, nullptr, &ranks);
  std::optional<run::RunFolder> folder;
  if (ranks.rank() == 0) folder.emplace(run::RunFolder::create(trainer.config(), {}));
  trainer.run(folder ? &*folder : nullptr, stop);
}

// What ends the training of a rank that finds its queued calls ended after `steps` steps.
std::string end_of_forsaken(const config::RunConfig& config, int steps) {
  const run::StopSignal stop;
  return on_ranks(1, [&](Collectives& c) {
    ForsakenRank rank(c, steps);
    train(config, rank, stop);
  })[0];
}

}  // namespace

TEST_CASE("a rank that dies between a step and the checkpoint leaves the checkpoint before") {
  const TrainingJob job;
  const run::StopSignal stop;
  for (const int steps : {2, 4}) {
    const std::string folder = "run" + std::to_string(steps);
    const config::RunConfig config =
        tiny({"output_dir=" + folder, "checkpoint.every_steps=2", "ranks.count=2"});
    const auto failures = on_ranks(2, [&](Collectives& c) {
      if (c.rank() == 0) return train(config, c, stop);
      DyingRank dying(c, steps);
      train(config, dying, stop);
    });
    CHECK_THAT(failures[0],
               Contains("rank 1 on ") && Contains("is gone") && Contains("finished steps"));
    CHECK(failures[1] == "this rank dies");
    CHECK(fs::exists(folder + "/last.safetensors") == (steps > 2));
    if (steps > 2) CHECK(step_of(folder + "/last.safetensors") == steps - 2);
  }
}

TEST_CASE("the last step of a run is saved only if all ranks have finished it") {
  const TrainingJob job;
  const std::string why = end_of_forsaken(tiny({"output_dir=run", "train.steps=3"}), 3);
  CHECK_THAT(why, Contains("rank 1 on node07 is gone, before the numbers of finished steps"));
  CHECK_FALSE(fs::exists("run/last.safetensors"));
}

TEST_CASE("a rank that is stopped ends only when rank 0 has saved") {
  // Launchers end all ranks as soon as one ends with a code that is not 0.
  const TrainingJob job;
  const run::StopSignal stop(1e-9);
  const config::RunConfig config = tiny({"output_dir=run", "ranks.count=2"});
  const auto failures = on_ranks(2, [&](Collectives& c) {
    train(config, c, stop);
    if (!fs::exists("run/last.safetensors")) throw std::runtime_error("nothing is saved");
  });
  CHECK(failures == no_failures(2));
}

TEST_CASE("ranks stop an evaluation before the same batch, and save") {
  const TrainingJob job(12, 40);
  const run::StopSignal stop;
  const config::RunConfig config = config::load_run_config(
      "tiny.json", {"output_dir=run", "ranks.count=2", "train.batch_size=2", "eval.batch_size=1"});
  const auto failures = on_ranks(2, [&](Collectives& c) {
    if (c.rank() == 0) return train(config, c, stop);
    SignalledRank signalled(c);
    train(config, signalled, stop);
  });
  CHECK(failures == no_failures(2));
  CHECK(step_of("run/last.safetensors") == 4);
  CHECK_THAT(text_of("run/train.log"), Contains("the evaluation after step 4 was stopped") &&
                                           Contains("stopped by SIGTERM") && !Contains("mAP 0"));
}

TEST_CASE("a loss of a step that a dead rank has cut off is no divergence, and is not logged") {
  const TrainingJob job;
  const Overrides endless{"train.schedule.base_rate=1e6", "train.schedule.warmup_rate=1e6",
                          "train.divergence.steps=1", "train.steps=40"};
  const auto with_folder = [&](const char* folder) {
    Overrides all = endless;
    all.push_back(std::string("output_dir=") + folder);
    return tiny(all);
  };
  CHECK_THAT(end_of_forsaken(with_folder("well"), 1000), Contains("training diverged"));
  const size_t rows = results_of("well").size();
  REQUIRE(rows >= 1);
  // In the very step that would be the last.
  const std::string why = end_of_forsaken(with_folder("cut"), int(rows));
  CHECK_THAT(why, Contains("rank 1 on node07 is gone, before ") && !Contains("diverged"));
  CHECK(results_of("cut").size() == rows - 1);
}
