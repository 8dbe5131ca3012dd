// A run that goes on with other values, data or models than its checkpoint was saved with says so.
#include <fmt/format.h>

#include "tests/support/catch.h"
#include "tests/support/tools/edited_data.h"
#include "tools/run/resume_changes.h"

namespace fs = std::filesystem;
using Catch::Contains;
using nlohmann::json;
using tests::annotations_of, tests::Outcome, tests::TrainingPlace, tests::use_annotations;

namespace {

const std::string kFirst = "train.steps=4 eval.every_steps=0 ";
const std::string kChanged = "changed since the checkpoint: ";

// What the log says of changes when the run of four steps goes on in a copy of its folder.
std::string told(const TrainingPlace& place, const std::string& more, int exit_code = 0) {
  fs::remove_all(place.at("on"));
  fs::copy(place.at("run"), place.at("on"));
  const Outcome o = place.train("on", "--resume on eval.every_steps=0 " + more);
  CAPTURE(o.err);
  CHECK(o.exit_code == exit_code);
  std::string lines;
  std::istringstream text(o.err);
  for (std::string line; std::getline(text, line);)
    if (exit_code != 0 || line.starts_with(kChanged) || line.starts_with("warning: the learning"))
      lines += line + "\n";
  return lines;
}

struct Begun : TrainingPlace {
  Begun() : TrainingPlace(12, 4) { REQUIRE(train("run", kFirst).exit_code == 0); }
};

}  // namespace

TEST_CASE("each changed key is listed with both values, and nothing when nothing changed") {
  const Begun place;
  CHECK(told(place, "train.steps=4").empty());
  CHECK(told(place, "train.steps=6") == kChanged + "train.steps 4 -> 6\n");
  const std::string many = told(
      place, "train.steps=5 data.mean=[0,0,0] train.seed=7 train.clip_norm=2 log.every_steps=3");
  CHECK_THAT(many, Contains("data.mean [123.68,116.779,103.939] -> [0.0,0.0,0.0]\n") &&
                       Contains("train.seed 1 -> 7\n") &&
                       Contains("train.clip_norm 0.0 -> 2.0\n") &&
                       Contains("log.every_steps 1 -> 3\n"));
  CHECK(told(place, "train.steps=4 name=another") == kChanged + "name \"tiny\" -> \"another\"\n");
  CHECK(told(place, "train.steps=4 train.weight_gradients=exact") ==
        kChanged + "train.weight_gradients \"auto\" -> \"exact\"\n");
  CHECK_THAT(told(place, "train.steps=5 train.threads=2"),
             Contains("train.threads 1 -> 2\n") && Contains("1 CPU threads -> 2"));
}

TEST_CASE("a learning rate that leaves the earlier schedule is told with its reason") {
  const Begun place;
  const std::string batch = told(place, "train.steps=5 train.batch_size=2");
  CHECK_THAT(batch, Contains("train.batch_size 4 -> 2\n") &&
                        Contains("the learning rate of step 5 is") &&
                        Contains("lr 0.02 = 0.04 x 2/4, before lr 0.04 = 0.04 x 4/4"));
  CHECK_THAT(told(place, "train.steps=5 train.schedule.base_rate=0.4"),
             Contains("train.schedule.base_rate 0.04 -> 0.4\n") &&
                 Contains("the learning rate of step 5 is 0.4, not 0.04 as before"));
}

TEST_CASE("a longer run without a schedule of its own stretches the schedule, and says so") {
  TrainingPlace place(12, 4);
  const std::string own = "train.schedule.total=0 train.schedule.warmup_steps=1 ";
  REQUIRE(place.train("run", kFirst + own).exit_code == 0);
  CHECK_THAT(
      told(place, own + "train.steps=9"),
      Contains("train.steps 4 -> 9\n") &&
          Contains("the schedule now ends at step 9, not 4 (with train.schedule.total=4 the rate "
                   "would be 0 from there on"));
  const std::string constant = "train.schedule.kind=constant train.schedule.warmup_steps=0 ";
  const std::string low = told(place, constant + "train.steps=9 train.schedule.base_rate=0.001");
  CHECK_THAT(low, Contains("the learning rate of step 5 is 0.001,") && !Contains("is 0 from step"));
  CHECK_THAT(told(place, own + "train.steps=9 train.schedule.total=4"),
             Contains("warning: the learning rate is 0 from step 5 to the last one, 9"));
}

TEST_CASE("data that changed under a run are told") {
  const Begun place;
  const std::string longer = "train.steps=5 ";
  json data = annotations_of(place, "train");
  const json good = data;
  data["annotations"][0]["bbox"][0] = data["annotations"][0]["bbox"][0].get<double>() / 2;
  CHECK_THAT(told(place, longer + use_annotations(place, "train", "moved", data)),
             Contains(kChanged + "data.train: boxes\n"));

  data = good;
  data["images"].erase(data["images"].size() - 1);
  const auto last = good["images"].back()["id"];
  json left = json::array();
  for (const json& a : data["annotations"])
    if (a["image_id"] != last) left.push_back(a);
  data["annotations"] = left;
  CHECK_THAT(told(place, longer + use_annotations(place, "train", "fewer", data)),
             Contains("data.train: images 12 -> 11, labels "));

  // Another picture of the same size under the same name.
  const std::string images = place.at("data/images/");
  fs::copy_file(images + good["images"][3]["file_name"].get<std::string>(),
                images + good["images"][5]["file_name"].get<std::string>(),
                fs::copy_options::overwrite_existing);
  CHECK_THAT(told(place, longer), Contains("data.train: sizes of image files\n"));
}

TEST_CASE("initial weights beside a run that goes on are refused, or told") {
  const Begun place;
  for (const std::string given :
       {"--init-from run/best.safetensors", "checkpoint.init_from=run/best.safetensors"}) {
    const Outcome o = place.ssdtrain("--config tiny.json --resume run " + given);
    CHECK(o.exit_code == 2);
    CHECK_THAT(o.err, Contains(given.substr(0, given.find(' ')) + " and --resume run") &&
                          Contains("keep one"));
  }
  CHECK(place.ssdtrain("--config tiny.json --resume run train.steps=4 checkpoint.init_from=")
            .exit_code == 0);
  // In the file, it is what the run began with.
  json config = json::parse(tests::text_of(place.config()));
  config["checkpoint"]["init_from"] = "run/best.safetensors";
  tests::write_text(place.config(), config.dump());
  CHECK_THAT(told(place, "train.steps=4"),
             Contains("checkpoint.init_from \"\" -> \"run/best.safetensors\", not read"));
}

TEST_CASE("the best checkpoint goes along into a new folder, or the log says that it does not") {
  TrainingPlace place(12, 4);
  REQUIRE(place.train("run", "train.steps=4 eval.every_steps=2 checkpoint.keep=2").exit_code == 0);
  const int64_t best = tests::step_of(place.at("run/best.safetensors"));
  const std::string more = "train.steps=5 eval.every_steps=0 train.early_stopping.min_gain=1 ";
  const Outcome moved = place.train("moved", "--resume run " + more);
  INFO(moved.err);
  CHECK(moved.exit_code == 0);
  CHECK_THAT(moved.err, Contains(fmt::format("the best checkpoint so far, of step {},", best)) &&
                            Contains("taken along from run\n") && !Contains("is not of that step"));
  CHECK(tests::step_of(place.at("moved/best.safetensors")) == best);
  for (const char* name : {"metrics.json", "per_class.csv", "detections.json"})
    CHECK(tests::text_of(place.at(std::string("moved/") + name)) ==
          tests::text_of(place.at(std::string("run/") + name)));

  fs::create_directory(place.at("alone"));
  fs::copy_file(place.at("run/last.safetensors"), place.at("alone/last.safetensors"));
  const Outcome lost = place.train("lost", "--resume alone/last.safetensors " + more);
  INFO(lost.err);
  CHECK(lost.exit_code == 0);
  CHECK_THAT(lost.err, Contains("alone/best.safetensors is missing") &&
                           Contains("(best.safetensors is missing)"));
  CHECK_FALSE(fs::exists(place.at("lost/best.safetensors")));
}

TEST_CASE("the keys of another model are an error that names them") {
  const Begun place;
  const std::pair<const char*, const char*> cases[] = {
      {"model.anchors.scale=3", "model.anchors.scale 4.0 -> 3.0"},
      {"model.stride_placement=v1.5", "model.stride_placement \"v1\" -> \"v1.5\""},
      {"model.backbone_activation=relu", "model.backbone_activation \"relu6\" -> \"relu\""},
      {"model.pool_padding=all_sides", "model.pool_padding \"same\" -> \"all_sides\""},
      {"model.input_width=96", "model.input_width 64 -> 96"},
      {"model.class_columns=dense", "model.class_columns \"by_id\" -> \"dense\""},
      {"'model.units=[1,1,1,2]'", "model.units [1,1,1,1] -> [1,1,1,2]"}};
  for (const auto& [key, said] : cases)
    CHECK_THAT(told(place, key, 4), Contains("is of another model: ") && Contains(said));
  // These do not make another network.
  CHECK_THAT(told(place, "train.steps=5 model.batch_norm.decay=0.9"),
             Contains("model.batch_norm.decay"));
}

TEST_CASE("a run that goes on may freeze its batch norm, and stays a run that can go on") {
  const Begun place;
  const std::string frozen = "eval.every_steps=0 model.batch_norm.mode=frozen ";
  CHECK_THAT(told(place, "train.steps=5 " + frozen),
             Contains(kChanged + "model.batch_norm.mode \"train\" -> \"frozen\"\n"));
  const auto before = tests::tensors_of(place.at("run/last.safetensors"));
  for (const auto& [name, bytes] : tests::tensors_of(place.at("on/last.safetensors"))) {
    CAPTURE(name);
    if (name.find("moving") != name.npos) CHECK((bytes == before.at(name)));
  }
  CHECK(place.ssdtrain("--resume on train.steps=6").exit_code == 0);
  CHECK(place.train("on", "--resume auto train.steps=7 " + frozen).exit_code == 0);
  const Outcome anew = place.train("new", "--resume auto " + frozen);
  CHECK(anew.exit_code == 2);
  CHECK_THAT(anew.err, Contains("starting at step 0") && Contains("frozen needs stored statis"));
  CHECK_FALSE(fs::exists(place.at("new")));
}

TEST_CASE("a run that goes on may train what was frozen, and begin or end its averages") {
  const TrainingPlace place(12, 4);
  REQUIRE(place.train("run", kFirst + "train.freeze='[\"backbone\"]'").exit_code == 0);
  const Outcome both = place.ssdtrain("--resume run train.steps=5 train.freeze=[] train.ema=0.9");
  INFO(both.err);
  CHECK(both.exit_code == 0);
  CHECK_THAT(both.err, Contains("train.freeze [\"backbone\"] -> []\n") &&
                           Contains("train.freeze: the optimiser's state begins at zero for ") &&
                           Contains("train.ema: the checkpoint has no averages"));
  const auto tensors = tests::tensors_of(place.at("run/last.safetensors"));
  for (const char* name : {"ema/backbone/conv1/kernel", "optimizer/momentum/backbone/conv1/kernel"})
    CHECK(tensors.contains(name));
  const Outcome ended = place.ssdtrain("--resume run train.steps=6 train.ema=0");
  CHECK(ended.exit_code == 0);
  CHECK_THAT(ended.err, Contains("averages are dropped"));
}

TEST_CASE("a run that goes on without a step left says so, and which key asks for more") {
  const Begun place;
  for (const char* steps : {"4", "2"}) {
    const Outcome o =
        place.train("run", std::string("--resume run eval.every_steps=0 train.steps=") + steps);
    INFO(o.err);
    CHECK(o.exit_code == 0);
    CHECK_THAT(o.err, Contains(std::string("nothing is left to train: the run is at step 4, and "
                                           "train.steps asks for ") +
                               steps + " steps; a larger train.steps asks for more") &&
                          Contains("no step was taken after step 4; ") && !Contains("going on") &&
                          !Contains("done after"));
  }
}

TEST_CASE("a run that stopped early, or that counts epochs, names the key for more steps") {
  const auto words = [](const run::MilestoneOptions& options, int64_t step) {
    const run::BestEvaluation best{.metric = 0.5, .step = 1, .evaluations_without_gain = 2};
    config::TrainConfig config;
    config.steps = 0;
    return run::start_in_words(run::Milestones(options, best), config, step);
  };
  CHECK(words({.total_steps = 9}, 3) == "going on from step 3 of 9");
  CHECK_THAT(words({.total_steps = 9}, 9), Contains("a larger train.epochs asks for more"));
  CHECK_THAT(words({.total_steps = 9, .patience = 2}, 3),
             Contains("stopped early after step 3 of 9; a larger train.early_stopping."));
}

TEST_CASE("a config.json that somebody has edited is kept, whatever names it for --config") {
  const TrainingPlace place(8, 2);
  const std::string run = place.at("run/"), config = run + "config.json";
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const auto go_on = [&](int step, const std::string& more) {
    const Outcome o = place.ssdtrain("--resume run train.steps=" + std::to_string(step) + more);
    INFO(o.err);
    CHECK(o.exit_code == 0);
    CHECK(json::parse(tests::text_of(config))["train"]["steps"] == step);
    return o.err;
  };
  // What the program has written itself needs no second name.
  CHECK_THAT(go_on(2, ""), !Contains("config.json"));
  CHECK_FALSE(fs::exists(config + ".of_step_1"));
  tests::write_text(place.at("child.json"), R"({"_base_": "run/config.json"})");
  int step = 2;
  for (const char* given : {"", " --config run/config.json", " --config child.json",
                            " --config linked.json", " --config pointer.json"}) {
    CAPTURE(given);
    const std::string edited = "// mine " + std::to_string(step) + "\n" + tests::text_of(config);
    tests::write_text(config, edited);
    fs::remove(place.at("linked.json"));
    fs::create_hard_link(config, place.at("linked.json"));
    fs::remove(place.at("pointer.json"));
    fs::create_symlink(config, place.at("pointer.json"));
    const std::string kept = "config.json.of_step_" + std::to_string(step);
    CHECK_THAT(go_on(++step, given), Contains("config.json had been edited; it now has all values "
                                              "with which this run goes on, and the file as it was "
                                              "is " +
                                              kept + "\n"));
    CHECK(tests::text_of(run + kept) == edited);
    CHECK(tests::text_of(place.at("linked.json")) == edited);
  }
}

TEST_CASE("a run without logs that begins anew keeps an edited config.json, too") {
  const TrainingPlace place(8, 2);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  for (const auto& entry : fs::directory_iterator(place.at("run")))
    if (const std::string name = entry.path().filename();
        name != "env.json" && name != "cmdline.txt" && name != "config.json")
      fs::remove_all(entry.path());
  const std::string config = place.at("run/config.json"),
                    edited = "// mine\n" + tests::text_of(config);
  tests::write_text(config, edited);
  const Outcome o = place.ssdtrain("--config run/config.json --output-dir run");
  INFO(o.err);
  CHECK(o.exit_code == 0);
  CHECK(tests::text_of(config + ".old") == edited);
}

TEST_CASE("pictures that changed in files of the same size are told") {
  const Begun place;
  const json images = annotations_of(place, "train")["images"];
  const std::string path = place.at("data/images/") + images[3]["file_name"].get<std::string>();
  std::string bytes = tests::text_of(path);
  bytes[bytes.size() - 100] ^= 1;
  tests::write_text(path, bytes);
  CHECK_THAT(told(place, "train.steps=5 "),
             Contains("data.train: pictures in files of the same names and sizes\n"));
}
