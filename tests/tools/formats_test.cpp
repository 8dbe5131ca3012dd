// Every format is trained on, evaluated on, checked, shown and converted, and means the same boxes.
#include <fmt/format.h>

#include <fstream>

#include "data/formats/source.h"
#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

using Catch::Contains;
namespace fs = std::filesystem;

namespace {

// The same drawn pictures and boxes in all formats; boxes have whole numbers of pixels.
class AllFormats {
 public:
  tests::TrainingPlace place{8, 4};

  AllFormats() {
    for (const std::string part : {"train", "val"}) {
      const std::string coco = fmt::format(
          "--annotations data/annotations/instances_{}.json --images data/images", part);
      good(program("ssddata", fmt::format("convert {} --to-voc voc_{} --to-yolo set/labels/{} "
                                          "--to-records shards_{} --to-images set/images/{}",
                                          coco, part, part, part, part)));
    }
    write("set/data.yaml", "train: images/train\nval: images/val\nnames:\n" + yaml_names());
    write("map.pbtxt", label_map());
  }

  tests::Outcome program(const std::string& name, const std::string& arguments) const {
    return tests::run(
        fmt::format("cd {} && exec {} {}", place.at(""), tests::program(name).string(), arguments));
  }
  static void good(const tests::Outcome& outcome) {
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.exit_code == 0);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(place.at(name)) << text;
  }
  data::Source coco(const std::string& part) const {
    return {.annotations = place.at("data/annotations/instances_" + part + ".json"),
            .images = place.at("data/images")};
  }
  std::string yaml_names() const {
    std::string text;
    for (const data::Category& c : data::open(coco("train")).categories)
      text += "  - " + c.name + "\n";
    return text;
  }

 private:
  std::string label_map() const {
    std::string text;
    for (const data::Category& c : data::open(coco("train")).categories)
      text += fmt::format("item {{ name: '{}' id: {} }}\n", c.name, c.id);
    return text;
  }
};

std::string keys(const std::string& prefix, const std::string& form, const std::string& part) {
  if (form == "voc")
    return fmt::format("{0}voc=voc_{1} {0}images=data/images {0}names=set/labels/train/classes.txt",
                       prefix, part);
  if (form == "yolo") return fmt::format("{0}yolo=set/data.yaml {0}split={1}", prefix, part);
  if (form == "tfrecords") return fmt::format("{0}tfrecords=shards_{1}.record-*", prefix, part);
  return fmt::format("{0}annotations=data/annotations/instances_{1}.json {0}images=data/images",
                     prefix, part);
}

// As options: "--voc=..." for the programs.
std::string options(const std::string& form, const std::string& part) {
  return keys("--", form, part) + (form == "tfrecords" ? " --label-map=map.pbtxt" : "");
}

}  // namespace

TEST_CASE("each format is checked, counted, shown and converted") {
  const AllFormats all;
  const std::string expected = all.program("ssddata", "stats " + options("coco", "train")).out;
  for (const std::string form : {"coco", "tfrecords", "voc", "yolo"}) {
    INFO(form);
    const std::string input = options(form, "train");
    AllFormats::good(all.program("ssddata", "check " + input));
    const std::string stats = all.program("ssddata", "stats " + input).out;
    CHECK(stats.substr(0, stats.find("\narea")) == expected.substr(0, expected.find("\narea")));
    AllFormats::good(all.program("ssddata", "show " + input + " --count 2 -o shown_" + form));
    CHECK(fs::exists(all.place.at("shown_" + form + "/contact_sheet.jpg")));
    AllFormats::good(all.program("ssddata", "convert " + input + " --to-coco as_" + form));
    CHECK(fs::exists(all.place.at("as_" + form)));
  }
}

// Records keep boxes as float32 parts of the sides, so their pixels are a little off.
TEST_CASE("each format means the same boxes, and training on it has the same losses") {
  const AllFormats all;
  const data::Dataset truth = data::open(all.coco("train"));
  const std::string tail =
      "train.steps=2 data.train.annotations= data.train.images= "
      "data.val.annotations= data.val.images= ";
  std::vector<tests::Row> expected;
  for (const std::string form : {"coco", "voc", "yolo", "tfrecords"}) {
    INFO(form);
    const std::string label_map = form == "tfrecords" ? " data.label_map=map.pbtxt" : "";
    AllFormats::good(all.place.train(form, tail + keys("data.train.", form, "train") + " " +
                                               keys("data.val.", form, "val") + label_map));
    const std::vector<tests::Row> rows = tests::results_of(all.place.at(form));
    if (expected.empty()) expected = rows;
    REQUIRE(rows.size() == expected.size());
    for (size_t i = 0; i < rows.size(); ++i)
      CHECK(std::stod(rows[i].at("Loss/total_loss")) ==
            Approx(std::stod(expected[i].at("Loss/total_loss"))).epsilon(1e-4));
    const std::string model = "--json --checkpoint " + form + "/last.safetensors ";
    const tests::Outcome own = all.program("ssdeval", model);
    const tests::Outcome named = all.program("ssdeval", model + options(form, "val"));
    AllFormats::good(own);
    AllFormats::good(named);
    CHECK(named.out == own.out);
    AllFormats::good(all.program(
        "ssddata", "convert " + options(form, "train") + " --to-coco as_" + form + ".json"));
    const data::Dataset read = data::open({.annotations = all.place.at("as_" + form + ".json")});
    REQUIRE(read.objects.size() == truth.objects.size());
    for (size_t i = 0; i < read.objects.size(); ++i) {
      const data::Object &a = read.objects[i], &b = truth.objects[i];
      CHECK(a.category == b.category);
      for (auto [x, y] :
           {std::pair(a.x, b.x), {a.y, b.y}, {a.width, b.width}, {a.height, b.height}})
        CHECK(x == Approx(y).margin(1e-4));
      if (form == "voc" || form == "yolo") CHECK(a.area == Approx(a.width * a.height));
    }
  }
}

TEST_CASE("records without a label map name what the user's program has for it") {
  const AllFormats all;
  AllFormats::good(all.place.train("run", "train.steps=1"));
  for (const std::string part : {"train", "val"})
    fs::remove(all.place.at("shards_" + part + ".label_map.pbtxt"));
  const auto refused = [](const tests::Outcome& outcome, const std::string& advice) {
    INFO(outcome.err);
    CHECK(outcome.exit_code == 3);
    CHECK_THAT(outcome.err, Contains("is not in the label map; " + advice));
    for (const char* other : {"--label-map", "data.label_map"})
      CHECK((outcome.err.find(other) != std::string::npos) ==
            (advice.find(other) != std::string::npos));
  };
  const std::string own = "give the right one with ";
  refused(all.program("ssddata", "stats --records shards_val.record-*"), own + "--label-map");
  refused(all.place.train("x", "data.val.annotations= data.val.images= " +
                                   keys("data.val.", "tfrecords", "val")),
          own + "data.label_map");
  refused(all.program("ssdeval", "--checkpoint run --tfrecords shards_val.record-*"),
          own + "--label-map");
  refused(all.program("ssdeval",
                      "--checkpoint run data.val.annotations= data.val.images= "
                      "data.val.tfrecords='[\"shards_val.record-*\"]'"),
          own + "data.label_map");
  refused(all.program("ssddetect",
                      "--checkpoint run data/images -o out --ground-truth "
                      "'shards_val.record-*'"),
          "put the right one beside the shards, as shards_val.label_map.pbtxt");
}

TEST_CASE("exactly one format is given") {
  CHECK_THROWS_WITH(data::open({}), Contains("--annotations, --tfrecords, --voc, --yolo"));
  CHECK_THROWS_WITH(data::open({.voc = "a", .yolo = "b"}, "data.val."), Contains("data.val.voc"));
  try {
    data::open({});
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::usage);
  }
}

TEST_CASE("the layouts in which VOC and YOLO data sets come") {
  const AllFormats all;
  const data::Dataset truth = data::open(all.coco("train"));
  auto at = [&](const std::string& name) { return all.place.at(name); };
  // VOC's own: Annotations, JPEGImages, ImageSets.
  fs::create_directories(at("devkit/ImageSets/Main"));
  fs::rename(at("voc_train"), at("devkit/Annotations"));
  fs::create_directory_symlink(at("data/images"), at("devkit/JPEGImages"));
  const std::string stem = fs::path(truth.images[1].file_name).stem().string();
  all.write("devkit/ImageSets/Main/val.txt", stem + "  1\r\n");
  const data::Dataset voc = data::open({.voc = at("devkit"), .split = "val"});
  REQUIRE(voc.images.size() == 1);
  CHECK(voc.images[0].file_name == truth.images[1].file_name);
  CHECK_THROWS_WITH(data::open({.voc = at("devkit")}), Contains("train.txt"));
  all.write("devkit/ImageSets/Main/val.txt", "../x\n");
  CHECK_THROWS_WITH(data::open({.voc = at("devkit"), .split = "val"}), Contains("val.txt:1: "));
  // YOLO: a list of images; the folder of a data.yaml; labels with classes.txt beside them.
  all.write("set/data.yaml", "val: list.txt\ntrain: ../images/train\nnames: [a,b,c,d,e,f,g,h]\n");
  all.write("set/list.txt", "images/train/" + truth.images[0].file_name + "\n");
  CHECK(data::open({.yolo = at("set"), .split = "val"}).objects.size() ==
        truth.images[0].object_count);
  CHECK(data::open({.yolo = at("set")}).objects.size() == truth.objects.size());
  CHECK_THROWS_WITH(data::open({.yolo = at("set"), .split = "test"}), Contains("\"test\""));
  all.write("set/list.txt", "/etc/x.png\n");
  CHECK_THROWS_WITH(data::open({.yolo = at("set"), .split = "val"}), Contains("is not below"));
  const data::Source beside{.yolo = at("set/labels/train"), .images = at("set/images/train")};
  CHECK(data::open(beside).objects.size() == truth.objects.size());
}

TEST_CASE("a data.yaml in the working folder is named without a folder") {
  const AllFormats all;
  all.write("data.yaml", "path: set\ntrain: images/train\nnames:\n" + all.yaml_names());
  AllFormats::good(all.program("ssddata", "stats --yolo data.yaml"));
}
