// Weights and configurations of other programs, on the command line of ssdtrain.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/engine/tf_checkpoint.h"
#include "tests/support/engine/torch_file.h"
#include "tests/support/pipeline_text.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome, tests::TrainingPlace;

namespace {

// What makes a run of the original's configuration short, and gives it the drawn pictures.
const char kShort[] =
    " train.steps=2 train.batch_size=2 train.schedule.warmup_steps=0 train.threads=1 --device cpu"
    " model.input_height=64 model.input_width=64 model.backbone_width=4 model.units=[1,1,1,1]"
    " model.fpn_channels=8 model.head_channels=8 model.head_depth=1"
    " data.train.tfrecords=null data.train.annotations=data/annotations/instances_train.json"
    " data.train.images=data/images data.val.tfrecords=null data.label_map=null";

void check_refused(const Outcome& outcome, int code, const std::string& words) {
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains(words));
}

}  // namespace

TEST_CASE("importing: a configuration of the original is printed, and trains") {
  const TrainingPlace place(8, 4);
  base::write_file(place.at("p.config"), std::string_view(tests::kPipeline));
  const Outcome printed = place.ssdtrain("--from-pipeline p.config --print-config train.seed=7");
  INFO(printed.err);
  REQUIRE(printed.exit_code == 0);
  const auto config = nlohmann::json::parse(printed.out);
  CHECK(config["train"]["steps"] == 12500);
  CHECK(config["train"]["seed"] == 7);
  CHECK(config["name"] == "p");
  CHECK_THAT(printed.err,
             Contains("ssdtrain: p.config:6: model.ssd.freeze_batchnorm is ignored: "));

  base::write_file(place.at("ours.json"), printed.out);
  CHECK(place.ssdtrain("--config ours.json --print-config").out == printed.out);

  const Outcome trained = place.ssdtrain("--from-pipeline p.config --output-dir run" +
                                         std::string(kShort) + " checkpoint.init_from='\"\"'");
  INFO(trained.err);
  CHECK(trained.exit_code == 0);
  CHECK(tests::step_of(place.at("run/last.safetensors")) == 2);
  const Outcome resumed =
      place.ssdtrain("--from-pipeline p.config --resume run --output-dir run" +
                     std::string(kShort) + " checkpoint.init_from='\"\"' train.steps=3");
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK(tests::step_of(place.at("run/last.safetensors")) == 3);
}

TEST_CASE("importing: configurations that are refused") {
  const TrainingPlace place(4, 4);
  base::write_file(place.at("p.config"), std::string_view("model { faster_rcnn { } }"));
  check_refused(place.ssdtrain("--from-pipeline p.config --print-config"), 2,
                "p.config:1: model.faster_rcnn: this program cannot honour it; expected ssd");
  check_refused(place.ssdtrain("--from-pipeline gone.config"), 2, "gone.config: cannot open");
  check_refused(place.ssdtrain("--from-pipeline data"), 2, "not a regular file but a folder");
  check_refused(place.ssdtrain("--from-pipeline p.config --config tiny.json"), 2, "keep one");
  check_refused(place.ssdtrain("--from-pipeline ''"), 2, "is empty");
  CHECK_FALSE(fs::exists(place.at("runs")));
}

TEST_CASE("importing: files of TensorFlow and PyTorch give a run its weights") {
  const TrainingPlace place(4, 4);
  tests::ForeignWeights slim, torchvision;
  tests::add_slim_backbone(slim, "", 8);
  tests::add_torchvision(torchvision, "module.", 8);
  const std::string pickle = tests::state_dict_pickle(torchvision, true);
  const std::vector<std::string> storages = tests::storages_of(torchvision);
  base::write_file(place.at("new.pth"), tests::zipped_torch_file(pickle, storages));
  base::write_file(place.at("old.pth"), tests::chained_torch_file(pickle, storages));
  for (const auto& [path, naming] : {std::pair(tests::save_v1(slim), "TF-slim names"),
                                     {tests::save_v2(slim), "TF-slim names"},
                                     {place.at("new.pth"), "torchvision names"},
                                     {place.at("old.pth"), "torchvision names"}}) {
    const Outcome o = place.ssdtrain(
        "--config tiny.json --dry-run model.backbone_width=8 "
        "model.units=[2,1,1,1] --init-from " +
        path);
    INFO(path << "\n" << o.err);
    CHECK(o.exit_code == 0);
    CHECK_THAT(o.out, Contains(naming) && Contains("loaded 100 tensors"));
    // A model with its configuration and classes is another matter.
    if (!fs::is_regular_file(path)) continue;
    check_refused(tests::run("cd " + place.at("") + " && " + tests::program("ssddetect").string() +
                             " --checkpoint " + path + " data/images"),
                  4, "`ssdtrain --config C.json --init-from " + path);
  }
  const std::string v2 = tests::save_v2(slim);
  for (const auto& [program, rest] : {std::pair("ssddetect", " data/images"),
                                      {"ssdeval", ""},
                                      {"ssdexport", " --weights w.safetensors"}}) {
    const Outcome o = tests::run(fmt::format("cd {} && {} --checkpoint {}{}", place.at(""),
                                             tests::program(program).string(), v2, rest));
    check_refused(o, 4,
                  "a checkpoint of TensorFlow, expected a checkpoint of ssdtrain: `ssdtrain "
                  "--config C.json --init-from " +
                      v2);
    CHECK_THAT(o.err, Contains("base_rate=0") && Contains("makes one with the same weights"));
  }
  check_refused(tests::run("cd " + place.at("") + " && " + tests::program("ssdeval").string() +
                           " --checkpoint new.pth"),
                4,
                "a file of PyTorch, expected a checkpoint of ssdtrain: `ssdtrain --config C.json "
                "--init-from new.pth` trains a detector from it");
  base::write_file(place.at("data/checkpoint"), std::string_view("model_checkpoint_path: 'x'"));
  check_refused(place.ssdtrain("--config tiny.json --init-from data/checkpoint --dry-run"), 4,
                "give one of the paths that stand in it");
  check_refused(place.ssdtrain("--config tiny.json --init-from data --dry-run"), 4,
                "a folder of TensorFlow");
}
