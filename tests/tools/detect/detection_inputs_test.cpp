// What ssddetect says of its inputs: images that are named twice, ground truth of other classes,
// what lies in a folder already.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/running_program.h"
#include "tests/support/tools/edited_data.h"

namespace fs = std::filesystem;
using Catch::Contains;
using nlohmann::json;
using tests::Outcome, tests::TrainingPlace;

namespace {

constexpr const char* kA = "data/images/000005.jpg ";
constexpr const char* kB = "data/images/000006.jpg ";

// A drawn data set and a model of it; the classes "circle" and so on have these names instead.
class ModelFolder : public TrainingPlace {
 public:
  explicit ModelFolder(const std::vector<std::string>& names = {}) : TrainingPlace(4, 2) {
    std::string data;
    for (const char* part : {"train", "val"}) {
      json set = tests::annotations_of(*this, part);
      for (size_t i = 0; i < names.size(); ++i) set["categories"][i]["name"] = names[i];
      data += tests::use_annotations(*this, part, std::string("named_") + part, set);
    }
    const Outcome trained = train("run", "train.steps=1 eval.every_steps=0" + data);
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
  }
  std::string command(const std::string& arguments) const {
    return fmt::format("env OMP_NUM_THREADS=1 {} --checkpoint run/last.safetensors --device cpu {}",
                       tests::program("ssddetect").string(), arguments);
  }
  Outcome detect(const std::string& arguments, int least_score = 0) const {
    return tests::run(
        fmt::format("cd {} && {} --score-threshold {}", at(""), command(arguments), least_score));
  }
};

const ModelFolder& place() {
  static const ModelFolder one;
  fs::remove_all(one.at("w"));
  return one;
}

}  // namespace

TEST_CASE("an image that is named twice is detected once, and told") {
  const ModelFolder& p = place();
  const std::string note = "data/images/000005.jpg is named more than once; it is taken once\n";
  const json once = json::parse(p.detect(std::string("--max 2 ") + kA + kB).out);
  const Outcome twice = p.detect(std::string("--max 2 ") + kA + kB + kA);
  CHECK(twice.exit_code == 0);
  CHECK_THAT(twice.err, Contains("note: " + note));
  CHECK(json::parse(twice.out) == once);
  const Outcome lines = p.detect(std::string("--json-lines ") + kA + kA);
  CHECK_THAT(lines.err, Contains(note));
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 1);
  // Who writes a path into a list waits for its line.
  const Outcome list = tests::run(fmt::format("cd {} && printf '{}\n{}\n' | {}", p.at(""), kA, kA,
                                              p.command("--json-lines -")));
  CHECK(std::count(list.out.begin(), list.out.end(), '\n') == 2);
}

TEST_CASE("ground truth that has no class of the model is an error that names both lists") {
  const ModelFolder& p = place();
  json set = tests::annotations_of(p, "val");
  const std::string own = set["categories"][0]["name"];
  for (size_t i = 0; i < set["categories"].size(); ++i)
    set["categories"][i]["name"] = fmt::format("thing {}", i);
  tests::use_annotations(p, "val", "other", set);
  const Outcome other = p.detect(std::string(kA) + "-o w --ground-truth other.json");
  INFO(other.err);
  CHECK(other.exit_code == 3);
  CHECK_THAT(other.err, Contains("--ground-truth other.json: the model knows none") &&
                            Contains("'thing 0'") && Contains("'" + own + "'"));
  CHECK_FALSE(fs::exists(p.at("w")));
  set["categories"][0]["name"] = own;
  tests::use_annotations(p, "val", "partly", set);
  const Outcome partly = p.detect(std::string(kA) + "-o w --ground-truth partly.json");
  CHECK(partly.exit_code == 0);
  CHECK_THAT(partly.err, Contains("note: the model does not know 2 of the 3 classes"));
}

TEST_CASE("--split of a ground truth without splits is refused") {
  const ModelFolder& p = place();
  for (const char* split : {"val", "train"}) {
    const Outcome refused = p.detect(fmt::format("{} -o w --split {} --ground-truth {}", kA, split,
                                                 "data/annotations/instances_val.json"));
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, Contains("--split: a COCO file has no splits"));
  }
}

TEST_CASE("--watch says how many images lie in the folder, and whether they are taken") {
  const ModelFolder& p = place();
  fs::remove_all(p.at("in"));
  fs::create_directory(p.at("in"));
  fs::copy(p.at("data/images/000005.jpg"), p.at("in/a.jpg"));
  const auto told = [&](const std::string& arguments, const std::string& words) {
    tests::RunningProgram program(p.at(""), p.command(arguments));
    CHECK(program.told("watching in; it holds " + words));
    program.signal(SIGTERM);
    program.wait();
  };
  told("--watch in", "1 image already, which is not taken: name the folder as an input, too");
  told("in --watch in", "1 image already, which comes first");
  fs::copy(p.at("data/images/000006.jpg"), p.at("in/b.jpg"));
  told("--watch in", "2 images already, which are not taken");
}

TEST_CASE("classes whose names make one folder name have a folder of crops each") {
  const ModelFolder p({"a/b", "a_b", "a_b_2"});
  const Outcome outcome = p.detect(std::string(kA) + "--max 10000 --save-crops w");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  std::map<std::string, size_t> boxes, crops;
  for (const json& box : json::parse(outcome.out)) ++boxes[box["category"]];
  REQUIRE(boxes.size() == 3);
  for (const auto& file : fs::recursive_directory_iterator(p.at("w")))
    if (file.is_regular_file()) ++crops[file.path().parent_path().filename().string()];
  CHECK(crops == std::map<std::string, size_t>{
                     {"a_b", boxes["a_b"]}, {"a_b_2", boxes["a_b_2"]}, {"a_b_3", boxes["a/b"]}});
}

TEST_CASE("no folder of crops is hidden") {
  const ModelFolder p({"../c", ".b", "_b"});
  REQUIRE(p.detect(std::string(kA) + "--max 10000 --save-crops w").exit_code == 0);
  std::set<std::string> folders;
  for (const auto& entry : fs::directory_iterator(p.at("w")))
    folders.insert(entry.path().filename().string());
  CHECK(folders == std::set<std::string>{"_._c", "_b", "_b_2"});
}

TEST_CASE("with --overwrite, files of images that cannot be read now are counted") {
  const ModelFolder& p = place();
  fs::create_directory(p.at("w"));
  fs::copy(p.at("data/images/000005.jpg"), p.at("w/a.jpg"));
  const std::string all =
      "w/a.jpg -o w/out --save-txt w/out --save-crops w/crops --max 3 --overwrite";
  REQUIRE(p.detect(all).exit_code == 0);
  tests::write_text(p.at("w/a.jpg"), "no image");
  const Outcome damaged = p.detect(all);
  CHECK(damaged.exit_code == 3);
  CHECK_THAT(damaged.err, Contains("note: 5 files of an earlier run stay, of images that cannot be "
                                   "read now, such as w/crops/") &&
                              !Contains("not found now"));
  // Of an image in which nothing is found now, the label file is empty.
  fs::copy(p.at("data/images/000006.jpg"), p.at("w/a.jpg"), fs::copy_options::overwrite_existing);
  CHECK(p.detect(all, 1).exit_code == 0);
  CHECK((fs::exists(p.at("w/out/a.txt")) && fs::is_empty(p.at("w/out/a.txt"))));
}

TEST_CASE("the longest name of an image leaves room for the names of its crops") {
  const ModelFolder& p = place();
  const std::string name(251, 'x');
  fs::create_directory(p.at("w"));
  fs::copy(p.at("data/images/000005.jpg"), p.at("w/" + name + ".jpg"));
  const Outcome o = p.detect("w/" + name + ".jpg --max 2 -o w/o --save-txt w/o --save-crops w/c");
  INFO(o.err);
  CHECK(o.exit_code == 0);
  CHECK(fs::exists(p.at("w/o/" + name.substr(0, 200) + ".txt")));
}
