// A training run on a GPU that is killed and goes on: as if nothing had happened.
#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/tools/training_run.h"

using namespace tests;

TEST_CASE("a run on a GPU that is killed goes on bit for bit") {
  if (!have_gpu()) return;
  TrainingPlace place;  // half precision has the most state: the loss scale moves at first
  const std::string gpu =
      "train.device=cuda:0 train.precision=fp16 train.deterministic=true train.plan_cache=plans "
      "train.loss_scale.initial=1073741824 train.loss_scale.interval=3 ";
  const Outcome killed = interrupted(place, "run", "kill -KILL $p;", gpu);
  CAPTURE(killed.err);
  REQUIRE(killed.exit_code == 128 + 9);
  const int64_t saved = step_of(place.at("run/last.safetensors"));
  REQUIRE(saved >= 2);
  const std::string rest = gpu + "eval.every_steps=1000 train.steps=" + std::to_string(saved + 3);
  const Outcome resumed = place.train("run", "--resume auto " + rest);
  CAPTURE(resumed.err);
  REQUIRE(resumed.exit_code == 0);
  REQUIRE(place.train("whole", rest).exit_code == 0);
  CHECK((tensors_of(place.at("run/last.safetensors")) ==
         tensors_of(place.at("whole/last.safetensors"))));
  CHECK((results_of(place.at("run")) == results_of(place.at("whole"))));
  CHECK(results_of(place.at("run")).size() == size_t(saved + 3));
}
