// Names of classes as people write them: with commas, quotes and bytes that are not UTF-8.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/onnx_run.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using nlohmann::json;
using tests::Outcome;
using Names = std::set<std::string>;

namespace {

const char kQuotes[] = "5\" \\ disk";

// A model of the classes "circle, red", "circle" and the one with a quote.
class Place {
 public:
  Place() : place_(8, 4) {
    for (const std::string part : {"train", "val"}) {
      const std::string file = at("data/annotations/instances_" + part + ".json");
      json labels = json::parse(tests::text_of(file));
      labels["categories"][0]["name"] = "circle, red";
      labels["categories"][1]["name"] = "circle";
      labels["categories"][2]["name"] = kQuotes;
      std::ofstream(file) << labels;
    }
    const Outcome trained = place_.train("run", "train.steps=1 eval.every_steps=0");
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
  }
  std::string at(const std::string& name) const { return place_.at(name); }
  Outcome run(const std::string& program, const std::string& arguments) const {
    return tests::run("cd " + at("") + " && OMP_NUM_THREADS=1 " + tests::program(program).string() +
                      " --checkpoint run/last.safetensors " + arguments);
  }
  Outcome detect(const std::string& classes) const {
    return run("ssddetect",
               "data/images/000001.jpg --device cpu --max 4 --score-threshold 0 --classes '" +
                   classes + "'");
  }
  const tests::TrainingPlace& training() const { return place_; }

 private:
  tests::TrainingPlace place_;
};

const Place& place() {
  static const Place one;
  return one;
}

Names found(const std::string& classes) {
  const Outcome outcome = place().detect(classes);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  Names names;
  for (const json& box : json::parse(outcome.out)) names.insert(box.at("category"));
  return names;
}

}  // namespace

TEST_CASE("ssddetect --classes knows names that have commas and quotes") {
  CHECK(found("circle, red") == Names{"circle, red"});
  CHECK(found("circle") == Names{"circle"});
  CHECK(found(kQuotes) == Names{kQuotes});
  CHECK_FALSE(found(std::string("circle, red,") + kQuotes).contains("circle"));
  const Outcome blank = place().detect("circle, rod");
  CHECK(blank.exit_code == 2);
  CHECK_THAT(blank.err, Contains("no class ' rod'"));
  const Outcome wrong = place().detect("zebra");
  CHECK(wrong.exit_code == 2);
  CHECK_THAT(wrong.err, Contains("it has 'circle, red', 'circle', '5\""));
}

TEST_CASE("names that classes.txt cannot hold are told") {
  const tests::TrainingPlace place(4, 2);
  for (const std::string part : {"train", "val"}) {
    const std::string file = place.at("data/annotations/instances_" + part + ".json");
    json labels = json::parse(tests::text_of(file));
    labels["categories"][1]["name"] = "two\nlines";
    tests::write_text(file, labels.dump());
  }
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const auto told = [&](const std::string& run) {
    const Outcome o = tests::run(run +
                                 " --checkpoint run/last.safetensors --save-txt labels "
                                 "--json found.json --overwrite data/images/000001.jpg");
    CHECK(o.exit_code == 0);
    return o.err;
  };
  const std::string ssddetect = " && " + tests::program("ssddetect").string();
  CHECK_THAT(told("cd " + place.at("") + ssddetect),
             Contains("note: labels/classes.txt: a class name is written otherwise than in the "
                      "model, as two\\nlines\n"));
  CHECK_THAT(told("cd " + ::place().at("") + ssddetect), !Contains("otherwise"));
}

TEST_CASE("the metadata of an ONNX file keeps such names") {
  REQUIRE(place().run("ssdexport", "--onnx m.onnx").exit_code == 0);
  const tests::OnnxModel model = tests::parse_onnx(tests::text_of(place().at("m.onnx")));
  const json classes = json::parse(model.metadata.at("classes"));
  CHECK(classes.at(0).at("name") == "circle, red");
  CHECK(classes.at(2).at("name") == kQuotes);
}

TEST_CASE("ssdtrain refuses names that are not UTF-8 before the first step") {
  fs::create_directory(place().at("yolo"));
  fs::copy_file(place().at("data/images/000001.jpg"), place().at("yolo/a.jpg"));
  std::ofstream(place().at("yolo/a.txt")) << "0 0.5 0.5 0.4 0.4\n";
  std::ofstream(place().at("yolo/classes.txt")) << "caf\xe9\n";
  const Outcome trained =
      place().training().train("none",
                               "data.train.annotations= data.train.images= data.train.yolo=yolo "
                               "data.val.annotations= data.val.images= data.val.yolo=yolo");
  INFO(trained.err);
  CHECK(trained.exit_code == 3);
  CHECK_THAT(trained.err, Contains("'caf\\xe9' (id 1) is not UTF-8"));
  CHECK_THAT(trained.err, !Contains("step 1/"));
}

TEST_CASE("more classes than a model can have are told by the check as by training") {
  const tests::TrainingPlace place(4, 2);
  const std::string file = "data/annotations/instances_train.json";
  json labels = json::parse(tests::text_of(place.at(file)));
  for (int id = 100; id < 10'100; ++id)
    labels["categories"].push_back({{"id", id}, {"name", "class " + std::to_string(id)}});
  tests::write_text(place.at(file), labels.dump());
  const std::string words =
      fmt::format("{} classes, of which training and evaluation take at most 10000; leave some out",
                  labels["categories"].size());
  const Outcome checked =
      tests::run("cd " + place.at("") + " && " + tests::program("ssddata").string() +
                 " check --annotations " + file + " --images data/images");
  CHECK(checked.exit_code == 3);
  CHECK_THAT(checked.out, Contains(words) && Contains("too_many_classes"));
  const Outcome trained = place.train("none", "--dry-run");
  CHECK(trained.exit_code == 3);
  CHECK_THAT(trained.err, Contains(file + ": " + words));
}

TEST_CASE("two categories of one name are refused in the same words by all that use classes") {
  const tests::TrainingPlace place(4, 2);
  for (const std::string part : {"train", "val"}) {
    const std::string file = "data/annotations/instances_" + part + ".json";
    const std::string good = tests::text_of(place.at(file));
    json labels = json::parse(good);
    labels["categories"][2]["name"] = labels["categories"][0]["name"];
    tests::write_text(place.at(file), labels.dump());
    const std::string words = file + ": the categories with ids 1 and 3 are both named \"circle\"";
    const Outcome checked =
        tests::run("cd " + place.at("") + " && " + tests::program("ssddata").string() +
                   " check --annotations " + file + " --images data/images");
    CHECK(checked.exit_code == 3);
    CHECK_THAT(checked.out, Contains(words));
    const Outcome trained = place.train("run", "--dry-run");
    CHECK(trained.exit_code == 3);
    CHECK_THAT(trained.err, Contains(words));
    tests::write_text(place.at("none.json"), "[]");
    const auto run = [&](const std::string& command) {
      return tests::run("cd " + place.at("") + " && " + tests::program("").string() + command +
                        " --annotations " + file + " --images data/images ");
    };
    for (const char* command :
         {"ssddata convert --to-coco w/c.json", "ssddata convert --to-voc w",
          "ssddata convert --to-yolo w", "ssddata convert --to-records w/r",
          "ssddata convert --to-images w", "ssdeval --detections none.json"}) {
      const Outcome refused = run(command);
      INFO(command << ": " << refused.err);
      CHECK(refused.exit_code == 3);
      CHECK_THAT(refused.err, Contains(words));
      CHECK_FALSE(fs::exists(place.at("w")));
    }
    for (const std::string command :
         {"stats", "show --count 1 -o s", "split --count 1 --to-train t.json --to-val v.json"}) {
      const bool writes = command != "stats";
      const Outcome told =
          run("ssddata " + command + (writes && part == "val" ? " --overwrite" : ""));
      INFO(command << ": " << told.err);
      CHECK(told.exit_code == 0);
      CHECK_THAT(told.err, Contains("note: " + words));
    }
    tests::write_text(place.at(file), good);
  }
}
