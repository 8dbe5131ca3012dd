// ssdtrain --ranks on modelled GPUs: what a rank leaves that fails while others wait on their GPUs.
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/tools/rank_processes.h"

using namespace tests;
using Catch::Contains;

namespace {

constexpr double kTimeout = 20;

const std::string kTwo = fmt::format(
    "--ranks 2 train.device=cuda train.batch_size=2 train.deterministic=true "
    "train.plan_cache=plans ranks.timeout_seconds={} train.divergence.steps=1 ",
    kTimeout);

}  // namespace

TEST_CASE("ranks on GPUs that are killed or hang end the run, and it goes on from whole steps") {
  ::setenv("CUDA_MODEL_DEVICES", "2", 1);
  const TrainingPlace place;
  const std::string arguments = "--config tiny.json --output-dir run " + kTwo +
                                "train.steps=100000 eval.every_steps=0 checkpoint.every_steps=2";
  for (const int signal : {SIGKILL, SIGSTOP})
    for (const size_t rank : {0, 1}) {
      INFO("signal " << signal << " to rank " << rank);
      std::filesystem::remove_all(place.at("run"));
      Background job(place, arguments);
      const std::vector<pid_t> ranks = ranks_of(place.at("run"));
      REQUIRE(ranks.size() == 2);
      ::kill(ranks[rank], signal);
      const auto start = std::chrono::steady_clock::now();
      CHECK(job.wait(120) == 6);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      CHECK(took.count() < (signal == SIGKILL ? 0.5 : 2) * kTimeout);
      const std::string err = text_of(place.at("err.txt"));
      INFO(err);
      CHECK_THAT(err, Contains(fmt::format("rank {} on ", rank)) && !Contains("diverged"));
      check_all_gone(ranks);
      const Outcome on = place.ssdtrain(fmt::format("--resume run train.steps={}",
                                                    step_of(place.at("run/last.safetensors")) + 2));
      INFO(on.err);
      CHECK(on.exit_code == 0);
    }
}

TEST_CASE("a run on two modelled GPUs ends as it should") {
  ::setenv("CUDA_MODEL_DEVICES", "2", 1);
  const TrainingPlace place;
  const Outcome two = place.train("run", kTwo + "train.steps=4");
  INFO(two.err);
  CHECK(two.exit_code == 0);
  CHECK(step_of(place.at("run/last.safetensors")) == 4);
  CHECK_THAT(two.err, !Contains("share this machine's memory"));
  CHECK(json_of(place.at("run/config.json")).at("train").at("device") == "cuda");
  const Outcome dry = place.train("dry", kTwo + "--dry-run");
  INFO(dry.err);
  CHECK(dry.exit_code == 0);
}
