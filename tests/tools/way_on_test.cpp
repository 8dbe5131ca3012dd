// What the programs refuse rightly, and how they tell the user to go on.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <tuple>

#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome, tests::text_of;

namespace {

// Drawn pictures, and a COCO file of them.
class Place {
 public:
  static constexpr const char* kFile = "data/annotations/instances_val.json";

  std::string at(const std::string& name) const { return place_.at(name); }
  Outcome run(const std::string& program, const std::string& arguments) const {
    return tests::run(fmt::format("cd {} && OMP_NUM_THREADS=1 timeout 60 {} {}", at(""),
                                  tests::program(program).string(), arguments));
  }
  // The COCO file with other names of the images.
  template <class Change> void rename_images(const std::string& to, const Change& change) const {
    auto set = nlohmann::json::parse(text_of(at(kFile)));
    for (auto& image : set["images"]) image["file_name"] = change(image["file_name"]);
    base::write_file(at(to), set.dump());
  }

 private:
  tests::TrainingPlace place_{4, 2};
};

// Refused in one line that holds `words`.
void check_refused(const Outcome& outcome, int code, const std::string& words) {
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains(words));
}

}  // namespace

TEST_CASE("weights of other programs are named, with the function that converts them") {
  using namespace std::string_literals;
  const Place p;
  for (const auto& [bytes, words] : {std::pair("PK\x03\x04 archive/data.pkl"s, "a file of PyTorch"),
                                     {"\x80\x02\x8a\x0al\xfc\x9c\x46"s, "PyTorch"},
                                     {"\xff\xd8\xff\xe0"s, "a JPEG image, expected "},
                                     {"\x89PNG\r\n\x1a\n"s, "a PNG image, expected "},
                                     {"%PDF-1.7"s, "a PDF document, expected "},
                                     {"RIFF\1\0\0\0WEBP"s, "a WebP image"},
                                     {"{\"a\": 1}"s, "a JSON text, expected "},
                                     {"resnet"s + std::string(251, '\0') + "ustar", "tar -xf"},
                                     {"\x80\x02}q"s, "save_file, as docs/importing.md shows"},
                                     {"\x89HDF\r\n\x1a\n"s, "an HDF5 file"},
                                     {"\x80\x04\x95"s, "perhaps a file of PyTorch"},
                                     {"model_checkpoint_path: 'x'"s, "give one of the paths"},
                                     {"\x08\x07\x12\x07pytorch"s, "an ONNX file"},
                                     {"\x1c\0\0\0TFL3"s, "a TensorFlow Lite file"},
                                     {"version https://git-lfs"s, "`git lfs pull`"},
                                     {"<!DOCTYPE html>"s, "did the download give an error page?"},
                                     {"train:\n  steps: 5"s, "a text, expected "},
                                     {"\x1f\x8b\x08"s, "a gzip file"}}) {
    base::write_file(p.at("model.pt"), bytes + std::string(500, 'x'));
    check_refused(p.run("ssddetect", "--checkpoint model.pt data/images"), 4, words);
    const Outcome started = p.run("ssdtrain", "--config tiny.json --init-from model.pt");
    CHECK(started.exit_code == 4);
    CHECK_THAT(started.err, Contains(words));
  }
  base::write_file(p.at("model.pt"), std::string_view("hi\n"));
  check_refused(p.run("ssddetect", "--checkpoint model.pt data/images"), 4,
                "a text, expected a checkpoint of ssdtrain");
  CHECK_THAT(p.run("ssdtrain", "--config tiny.json --init-from model.pt").err,
             Contains("a text, expected weights: a file of safetensors, TensorFlow or PyTorch"));
  base::write_file(p.at("model.pt"), std::string_view());
  check_refused(p.run("ssddetect", "--checkpoint model.pt data/images"), 4, "an empty file");
  base::write_file(p.at("model.pt"), "PK\x03\x04"s + std::string(500, 'x'));
  check_refused(p.run("ssddetect", "--checkpoint model.pt data/images"), 4, "a zip archive");
  base::write_file(p.at("model.pt"), std::string(500, '\xee'));
  check_refused(p.run("ssddetect", "--checkpoint model.pt data/images"), 4, "damaged");
}

TEST_CASE("a name that nearly fits is told where an image is missing") {
  const Place p;
  const std::string first = "000005.jpg";
  REQUIRE(fs::exists(p.at("data/images/" + first)));
  using Name = std::string;
  const std::vector<std::pair<const char*, Name (*)(const Name&)>> changes{
      {"in another folder", [](const Name& n) { return "photos/2020/" + n; }},
      {"in capitals", [](const Name& n) { return n.substr(0, n.size() - 4) + ".JPG"; }},
      {"of another format", [](const Name& n) { return n.substr(0, n.size() - 4) + ".png"; }},
      {"without its ending", [](const Name& n) { return n.substr(0, n.size() - 4); }},
      {"of an address", [](const Name& n) { return "%30" + n.substr(1); }},
      {"of another system", [](const Name& n) { return "photos\\" + n; }}};
  for (const auto& [what, change] : changes) {
    INFO(what);
    p.rename_images("other.json", change);
    const Outcome checked = p.run("ssddata", "check --annotations other.json --images data/images");
    CHECK(checked.exit_code == 3);
    CHECK_THAT(checked.out, Contains("not found in data/images, which has " + first));
  }
  p.rename_images("other.json", [](const Name& n) { return "gone" + n; });
  const Outcome gone = p.run("ssddata", "check --annotations other.json --images data/images");
  CHECK_THAT(gone.out, Contains("not found in data/images") && !Contains("which has"));
  p.rename_images("other.json", [](const Name& n) { return "/home/me/" + n; });
  check_refused(p.run("ssddata", "stats --annotations other.json --images data/images"), 3,
                "relative to that folder");
}

TEST_CASE("images that are needed, and whose folder is not given, are asked for") {
  const Place p;
  const std::string set = std::string("--annotations ") + Place::kFile;
  for (const std::string& command :
       {"convert " + set + " --to-records out/set", "convert " + set + " --to-images out",
        "show " + set + " -o out"})
    check_refused(p.run("ssddata", command), 2, "give their folder with --images");
  CHECK(p.run("ssddata", "convert " + set + " --to-coco out.json").exit_code == 0);
  REQUIRE(p.run("ssdtrain", "--config tiny.json --output-dir run train.steps=1 eval.every_steps=0")
              .exit_code == 0);
  const Outcome evaluated = p.run("ssdeval", "--checkpoint run " + set);
  CHECK(evaluated.exit_code == 2);
  CHECK_THAT(evaluated.err,
             Contains("--checkpoint needs the images: give their folder with --images "
                      "(000005.jpg is not in data/annotations)"));
  const Outcome elsewhere = p.run("ssdeval", "--checkpoint run " + set + " --images run");
  CHECK(elsewhere.exit_code == 3);
  CHECK_THAT(elsewhere.err,
             Contains("2 of 2 (100.0 %) images cannot be used: is their folder right "
                      "(--images)?"));
  // Below the current folder they are found without the option.
  p.rename_images("here.json", [](const std::string& n) { return "data/images/" + n; });
  CHECK(p.run("ssddata", "convert --annotations here.json --to-images out").exit_code == 0);
}

TEST_CASE("options that would be passed over in silence are refused") {
  const Place p;
  const std::string show = "show --augmented tiny.json -o out ";
  for (const auto& [more, option] :
       {std::pair(std::string("--annotations ") + Place::kFile, "--annotations"),
        {"--images data/images", "--images"},
        {"--exif stored", "--exif"},
        {"--random", "--random"},
        {"--id 5", "--id"}})
    check_refused(p.run("ssddata", show + more), 2,
                  std::string(option) + " does not go with --augmented");
  CHECK(p.run("ssddata", show + "--count 2 --columns 2 --cell 64").exit_code == 0);
}

TEST_CASE("options that the data set does not read are refused") {
  const Place p;
  const std::string coco = fmt::format("--annotations {} --images data/images", Place::kFile);
  REQUIRE(p.run("ssddata", "convert " + coco +
                               " --to-voc voc --to-yolo set/labels --to-images "
                               "set/images --to-records t")
              .exit_code == 0);
  base::write_file(p.at("set/data.yaml"), std::string_view("train: images\nnames: [a,b,c]\n"));
  const std::string voc = "--voc voc --images data/images", records = "--records t.record-*",
                    labels = "--yolo set/labels --images set/images", yaml = "--yolo set/data.yaml";
  for (const auto& [data, option, words] :
       {std::tuple(coco, "--split val", "--split: a COCO file has no splits"),
        {records, "--split val", "--split: TFRecord shards have no splits"},
        {voc, "--split train", "--split: voc has no ImageSets/Main"},
        {labels, "--split train", "--split: set/labels has no data.yaml"},
        {yaml, "--images set/images", "--images: the data.yaml says where"},
        {yaml, "--names set/labels/classes.txt", "--names: the data.yaml has the names"},
        {records, "--images data/images", "--images: TFRecord shards hold"},
        {coco, "--names x", "--names serves only --voc and --yolo"},
        {voc, "--label-map x", "--label-map serves only --tfrecords"},
        {voc, "--keep-grouping-class", "--keep-grouping-class serves only --annotations"},
        {labels, "--keep-grouping-class", "--keep-grouping-class serves only"},
        {records, "--keep-grouping-class", "--keep-grouping-class serves only"}}) {
    check_refused(p.run("ssddata", fmt::format("stats {} {}", data, option)), 2, words);
    check_refused(p.run("ssdeval", fmt::format("{} {} --detections d.json", data, option)), 2,
                  words);
    CHECK(p.run("ssddata", "stats " + data).exit_code == 0);
  }
  for (const auto& [key, words] :
       {std::pair("data.train.split=val", "data.train.split: a COCO file has no splits"),
        {"data.val.split=train", "data.val.split: a COCO file has no splits"}})
    check_refused(p.run("ssdtrain", std::string("--config tiny.json --dry-run ") + key), 2, words);
}

TEST_CASE("two data sets are told before what fits one of them alone") {
  const Place p;
  const std::string two =
      fmt::format("stats --annotations {} --images data/images --tfrecords x", Place::kFile);
  check_refused(p.run("ssddata", two), 2,
                "give exactly one of --annotations, --tfrecords, --voc, "
                "--yolo; found 2");
}

TEST_CASE("data of a checkpoint that lies elsewhere now is asked for") {
  const Place p;
  REQUIRE(p.run("ssdtrain", "--config tiny.json --output-dir run train.steps=1 eval.every_steps=0")
              .exit_code == 0);
  fs::rename(p.at("data"), p.at("moved"));
  const std::string checkpoint = "--checkpoint run/last.safetensors ",
                    words =
                        "this path is from the configuration in the checkpoint: give "
                        "--annotations and --images";
  check_refused(p.run("ssdeval", checkpoint), 3, words);
  // A path that the user has given is not the checkpoint's.
  for (const char* given :
       {"--annotations data/x.json --images moved/images", "data.val.annotations=data/x.json"}) {
    const Outcome outcome = p.run("ssdeval", checkpoint + given);
    CHECK(outcome.exit_code == 3);
    CHECK_THAT(outcome.err, !Contains(words));
  }
  const Outcome there = p.run("ssdeval", checkpoint + "--annotations moved/annotations/" +
                                             "instances_val.json --images moved/images");
  INFO(there.err);
  CHECK(there.exit_code == 0);
}

TEST_CASE("options that need another one are refused without it") {
  const Place p;
  const std::string coco = fmt::format("--annotations {} --images data/images", Place::kFile);
  for (const auto& [program, arguments, words] :
       {std::tuple("ssdtrain", std::string("--config tiny.json --markdown"), "--markdown needs"),
        {"ssdexport", "--checkpoint x --onnx y --python python3", "--python needs --verify"},
        {"ssddata", "convert " + coco + " --to-coco c.json --shards 2", "--shards needs"},
        {"ssddata", "convert " + coco + " --to-coco c.json --threads 2", "--threads needs"},
        {"ssddata", "show " + coco + " -o out --seed 3", "--seed needs --random"},
        {"ssddata", "stats " + coco + " --overwrite", "--overwrite needs --report"},
        {"ssdeval", coco + " --detections x --overwrite", "--overwrite needs one of --per-class"},
        {"ssddetect", "--checkpoint x y --overwrite", "--overwrite needs one of -o, --json"},
        {"ssddata", "check " + coco + " --no-images --threads 2", "do not go together"},
        {"ssddata", "show " + coco + " -o out --id 5 --random", "do not go together"},
        {"ssddata", "show " + coco + " -o out --id 5 --count 2", "do not go together"}})
    check_refused(p.run(program, arguments), 2, words);
}

TEST_CASE("boxes that a format cannot hold are counted where it is written") {
  const Place p;
  auto set = nlohmann::json::parse(text_of(p.at(Place::kFile)));
  const size_t all = set["annotations"].size();
  REQUIRE(all > 2);
  set["annotations"][0]["iscrowd"] = 1;
  set["annotations"][1]["bbox"][2] = 0;
  base::write_file(p.at("odd.json"), set.dump());
  const std::string convert = "convert --annotations odd.json --images data/images ";
  CHECK_THAT(
      p.run("ssddata", convert + "--to-yolo yolo").out,
      Contains(fmt::format("{} boxes; 2 left out: crowd regions and boxes without area", all - 2)));
  CHECK_THAT(p.run("ssddata", convert + "--to-voc voc").out,
             Contains(fmt::format("{} boxes; 1 left out: crowd regions", all - 1)));
  CHECK_THAT(p.run("ssddata", convert + "--to-coco same.json").out,
             Contains(fmt::format("{} boxes\n", all)));
}

TEST_CASE("a seed is not negative") {
  const Place p;
  const std::string set = std::string("--annotations ") + Place::kFile + " --images data/images ";
  for (const std::string& command : {std::string("synth drawn"), "show " + set + "-o out",
                                     "split " + set + "--to-train a.json --to-val b.json"})
    check_refused(p.run("ssddata", command + " --seed -1"), 2, "--seed: expected a number from 0");
  CHECK_FALSE(fs::exists(p.at("drawn")));
}

TEST_CASE("standard input is not a file of data") {
  const Place p;
  for (const auto& [program, arguments] :
       {std::pair("ssddata", std::string("check --annotations - --images data/images")),
        {"ssdeval", std::string("--annotations ") + Place::kFile + " --detections -"}})
    check_refused(p.run(program, arguments), 3, "standard input is not read");
}

TEST_CASE("a data set without an image is an error for every command") {
  const Place p;
  base::write_file(p.at("empty.json"),
                   std::string_view(R"({"images": [], "annotations": [], "categories": []})"));
  base::write_file(p.at("empty.record"), std::string_view());
  check_refused(p.run("ssddata", "check --annotations empty.json --images data/images"), 3,
                "the data set has no images");
  for (const char* command : {"check", "stats", "convert --to-coco c.json", "show -o out",
                              "split --fraction 0.5 --to-train a.json --to-val b.json"})
    for (const char* input : {"--annotations empty.json", "--tfrecords empty.record"}) {
      if (std::string_view(command).starts_with("split") != (input[2] == 'a')) continue;
      const Outcome outcome = p.run("ssddata", fmt::format("{} {}", command, input));
      INFO(command << " " << input << ": " << outcome.err);
      CHECK(outcome.exit_code == 3);
      CHECK_THAT(outcome.err, Contains("the data set has no images"));
    }
  base::write_file(p.at("none.json"), std::string_view("[]"));
  check_refused(p.run("ssdeval", "--annotations empty.json --detections none.json"), 3,
                "empty.json: the data set has no images");
  CHECK_FALSE(fs::exists(p.at("c.json")));
}

TEST_CASE("a folder where a file is read, and a file where a folder is") {
  const Place p;
  const std::string file = Place::kFile;
  check_refused(p.run("ssddata", "stats --annotations data/images"), 3,
                "data/images is a folder, expected a JSON file of COCO; labels of VOC are given as "
                "--voc, of YOLO as --yolo");
  check_refused(p.run("ssddata", "stats --records data/images"), 3,
                "data/images is a folder, expected TFRecord shards, as 'data/images/*.record*'");
  check_refused(p.run("ssddata", "stats --voc " + file), 3,
                ": not a folder, expected one of PASCAL VOC's XML files");
  check_refused(p.run("ssddata", "stats --yolo " + file), 3,
                ": not a folder, expected one of label files, a data.yaml or its folder");
}

TEST_CASE("keys are found by a word in their middle") {
  const Place p;
  const Outcome schedule = p.run("ssdtrain", "--help-config warmup");
  CHECK(schedule.exit_code == 0);
  CHECK_THAT(schedule.out, Contains("train.schedule.warmup_steps") && !Contains("data.exif"));
  check_refused(p.run("ssdtrain", "--help-config warmpu"), 2, "no key contains this");
}
