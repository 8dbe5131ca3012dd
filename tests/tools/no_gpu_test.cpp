// Programs on a machine without a GPU, also when they were built for one: the CPU path, the choice
// of a device, the message when there is none.

#include "engine/backend.h"
#include "engine/base/version.h"
#include "kernels/elementwise.h"
#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

using Catch::Contains;
using tests::Outcome, tests::program, tests::TrainingPlace;

namespace {

std::string built_for(const std::string& part) {
  for (const auto& [name, value] : base::version_parts())
    if (name == part) return value;
  FAIL("no " << part << " in --version");
  return "";
}

bool has_cuda() { return built_for("CUDA") != "no"; }

void check_no_gpu(const Outcome& outcome) {
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == 6);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains("device cuda:0: ") && Contains("use --device cpu"));
  CHECK_THAT(outcome.err, Contains(has_cuda() ? "no GPU on this machine" : "no CUDA backend"));
}

}  // namespace

TEST_CASE("without a GPU: auto is the CPU, cuda is refused in one line, by every program") {
  if (engine::cuda_devices() > 0) return;
  TrainingPlace place(8, 4);
  const std::string steps = "train.steps=2 eval.every_steps=0";
  check_no_gpu(place.train("run", "--device cuda " + steps));
  REQUIRE(place.train("cpu", "--device cpu " + steps).exit_code == 0);
  REQUIRE(place.train("run", "--device auto " + steps).exit_code == 0);
  CHECK_THAT(tests::text_of(place.at("run/train.log")), Contains("device cpu"));
  CHECK((tests::tensors_of(place.at("run/last.safetensors")) ==
         tests::tensors_of(place.at("cpu/last.safetensors"))));

  const std::string detect = program("ssddetect").string() + " --checkpoint " +
                             place.at("run/last.safetensors") + " " + place.at("data/images"),
                    evaluate = program("ssdeval").string() + " --checkpoint " +
                               place.at("run/last.safetensors") + " --config " + place.config();
  const std::string in_place = "cd " + place.at("") + " && exec ";
  for (const std::string& job : {detect, evaluate}) {
    CAPTURE(job);
    check_no_gpu(tests::run(in_place + job + " --device cuda"));
    const Outcome outcome = tests::run(in_place + job + " --device auto");
    CAPTURE(outcome.err);
    CHECK(outcome.exit_code == 0);
  }
}

TEST_CASE("--version tells what the GPU code was built with and for") {
  const Outcome outcome = tests::run(program("ssdtrain").string() + " --version");
  for (const char* part : {"CUDA", "cuDNN", "GPU architectures"}) {
    const std::string value = built_for(part);
    CHECK(value.empty() == false);
    CHECK_THAT(outcome.out, Contains(std::string(part) + ": " + value + "\n"));
    if (!has_cuda()) CHECK(value == "no");
  }
  if (has_cuda()) CHECK_THAT(built_for("GPU architectures"), Contains("-real"));
}

TEST_CASE("a launch that fails names its kernel") {
  if (!has_cuda() || engine::cuda_devices() > 0) return;
  alignas(16) float value = 1;
  const kernels::View view{&value, kernels::DType::f32, {1, {1}}};
  CHECK_THROWS_WITH(kernels::fill({.gpu = true}, view, 0),
                    Contains("kernel Fill<float> failed: ") && Contains("cudaError"));
  CHECK(value == 1);
}
