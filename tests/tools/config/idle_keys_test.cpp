// Keys that the user has set, and that change nothing, are told with the reason.
#include "tools/config/idle_keys.h"

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

using Catch::Contains;
using config::RunConfig;

namespace {

using Settings = std::vector<std::string>;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// What is told of a training on a CPU, by its command line.
std::string told(Settings settings) {
  settings.insert(settings.begin(), "train.device=cpu");
  return joined(idle_in_training(config::load_run_config("", settings)));
}

std::string told_of_evaluation(const Settings& settings, bool reads_val = true) {
  return joined(idle_in_evaluation(config::load_run_config("", settings), reads_val));
}

}  // namespace

TEST_CASE("keys without effect are told with the key that makes it so") {
  for (const auto& [settings, keys, why] :
       {std::tuple(Settings{"train.optimizer.kind=adamw", "train.momentum=0.5"}, "train.momentum",
                   "train.optimizer.kind is adamw"),
        {{"train.optimizer.kind=adamw", "train.weight_decay=0.1"},
         "train.weight_decay",
         "train.optimizer.kind is adamw"},
        {{"train.optimizer.beta1=0.5"},
         "train.optimizer.beta1",
         "train.optimizer.kind is momentum"},
        {{"train.schedule.boundaries=[0.5]"},
         "train.schedule.boundaries",
         "train.schedule.kind is not step"},
        {{"train.schedule.kind=step", "train.schedule.boundaries=[]", "train.schedule.factor=0.5"},
         "train.schedule.factor",
         "train.schedule.boundaries is empty"},
        {{"train.schedule.warmup_steps=0", "train.schedule.warmup_rate=0.1"},
         "train.schedule.warmup_rate",
         "train.schedule.warmup_steps is 0"},
        {{"train.loss_scale.growth=4"},
         "train.loss_scale.growth",
         "train.precision is not fp16, so the loss is not scaled"},
        {{"train.early_stopping.metric=AR@100"},
         "train.early_stopping.metric",
         "there is no data.val to evaluate on"},
        {{"train.graph=false"}, "train.graph", "train.device is cpu, and this is for a GPU"},
        {{"train.deterministic=true"},
         "train.deterministic",
         "train.device is cpu, which gives the same bits in every run anyway"},
        {{"train.precision=tf32"}, "train.precision", "a CPU has no tf32, and computes in fp32"},
        {{"ranks.sum_precision=bf16"}, "ranks.sum_precision", "there is only one rank"},
        {{"model.batch_norm.mode=frozen", "model.batch_norm.decay=0.5"},
         "model.batch_norm.decay",
         "model.batch_norm.mode is frozen"},
        {{"data.augment.crop.kind=ssd", "data.augment.crop.skip_probability=0.5"},
         "data.augment.crop.skip_probability",
         "data.augment.crop.kind is not random"},
        {{"data.augment.colour.hue=0.1"},
         "data.augment.colour.hue",
         "data.augment.colour.probability is 0"}}) {
    const std::string line = std::string("note: ") + keys + " (command line) has no effect: " + why;
    CHECK(told(settings) == line + "\n");
  }
}

// The device of the machine on which the test runs takes no part.
TEST_CASE("keys of one kind of device are told on both kinds of machines") {
  constexpr config::Gpus kNone = [] { return 0; }, kOne = [] { return 1; };
  const auto told_with = [](const char* device, config::Gpus gpus) {
    return joined(idle_in_training(
        config::load_run_config("", {std::string("train.device=") + device, "train.graph=false",
                                     "train.conv_algorithm=direct", "train.deterministic=true"}),
        gpus));
  };
  const std::string graph = "note: train.graph (command line) has no effect: ",
                    bits = "note: train.deterministic (command line) has no effect: ",
                    algorithm = "note: train.conv_algorithm (command line) has no effect: ";
  for (const config::Gpus gpus : {kNone, kOne}) {
    CHECK(told_with("cpu", gpus) ==
          graph + "train.device is cpu, and this is for a GPU\n" + bits +
              "train.device is cpu, which gives the same bits in every run anyway\n");
    for (const char* device : {"cuda", "cuda:1"})
      CHECK(told_with(device, gpus) ==
            algorithm + "train.device is a GPU, and this is for a CPU\n");
  }
  CHECK(told_with("auto", kNone) ==
        graph + "this is for a GPU, and train.device=auto finds none on this machine\n" + bits +
            "train.device=auto finds no GPU on this machine, and a CPU gives the same bits in "
            "every run anyway\n");
  CHECK(told_with("auto", kOne) ==
        algorithm + "this is for a CPU, and train.device=auto finds a GPU on this machine\n");
}

TEST_CASE("keys of one reason share a line, also if they are typed with their defaults") {
  CHECK(
      told({"train.optimizer.beta1=0.9", "train.optimizer.epsilon=1e-8"}) ==
      "note: train.optimizer.beta1 (command line), train.optimizer.epsilon (command line) have no "
      "effect: train.optimizer.kind is momentum\n");
}

TEST_CASE("keys that have an effect are not told") {
  CHECK(told({}).empty());
  CHECK(told({"train.momentum=0.5", "train.weight_decay=0.1"}).empty());
  CHECK(told({"train.optimizer.kind=adamw", "train.optimizer.beta2=0.9"}).empty());
  CHECK(told({"train.schedule.kind=step", "train.schedule.boundaries=[0.5]",
              "train.schedule.factor=0.5", "train.schedule.warmup_rate=0.1"})
            .empty());
  CHECK(told({"train.precision=fp16", "train.loss_scale.growth=4"}).empty());
  CHECK(told({"train.loss_scale.max_consecutive_skips=4"}).empty());  // counts in every precision
  CHECK(told({"ranks.count=2", "ranks.sum_precision=bf16", "ranks.check_every=5"}).empty());
  CHECK(told({"data.augment.crop.min_area=0.5", "data.augment.colour.probability=0.5",
              "data.augment.colour.hue=0.1"})
            .empty());
  CHECK(told({"train.optimizer.kind=adamw", "train.momentum=null"}).empty());
}

TEST_CASE("a file's keys are told by their lines, unless they have their defaults") {
  const tests::TemporaryFolder folder;
  const std::string file = (folder.path() / "c.json").string();
  tests::write_text(file, "{\"train\": {\"momentum\": 0.5,\n\"weight_decay\": 0.0004}}");
  const RunConfig c = config::load_run_config(file, {"train.optimizer.kind=adamw"});
  CHECK(joined(idle_in_training(c)) ==
        "note: train.momentum (" + file + ":1) has no effect: train.optimizer.kind is adamw\n");
  // A run's config.json has all keys; what its checkpoint holds was told when the run began.
  tests::write_text(file, config::run_config_json(RunConfig()));
  CHECK(idle_in_training(config::load_run_config(file, {"train.optimizer.kind=adamw"})).empty());
  CHECK(idle_in_training(config::parse_run_config(config::run_config_json(c), "saved")).empty());
}

TEST_CASE("the project's own configurations have no key without effect") {
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_dir() / "configs")) {
    if (entry.path().extension() != ".json") continue;
    const RunConfig c = config::load_run_config(entry.path().string(), {});
    for (const config::Gpus gpus : {config::Gpus([] { return 0; }), config::Gpus([] { return 1; })})
      CHECK(entry.path().string() + joined(idle_in_training(c, gpus)) == entry.path().string());
  }
}

TEST_CASE("an evaluation tells typed keys that it does not read") {
  CHECK(told_of_evaluation({"train.optimizer.kind=adamw", "log.report=false"}) ==
        "note: train.optimizer.kind (command line), log.report (command line) have no effect: an "
        "evaluation does not train\n");
  CHECK(told_of_evaluation({"train.batch_size=3", "data.mean=[1,2,3]", "data.val.images=x",
                            "data.val.annotations=y", "eval.max_total=5", "train.threads=1"})
            .empty());
  CHECK_THAT(told_of_evaluation({"train.batch_size=3", "eval.batch_size=2"}),
             Contains("train.batch_size (command line) has no effect: eval.batch_size is set"));
  CHECK_THAT(told_of_evaluation({"data.val.annotations=y", "data.val.images=x"}, false),
             Contains("have no effect: options of the command line name other data"));
  CHECK(told_of_evaluation({"train.deterministic=true", "train.graph=false"}) ==
        "note: train.deterministic (command line), train.graph (command line) have no effect: only "
        "a training reads it; ssdeval takes what is fastest, as ssddetect does\n");
  const tests::TemporaryFolder folder;
  const std::string file = (folder.path() / "c.json").string();
  tests::write_text(file, "{\"train\": {\"seed\": 5}}");
  CHECK(idle_in_evaluation(config::load_run_config(file, {}), true).empty());
}
