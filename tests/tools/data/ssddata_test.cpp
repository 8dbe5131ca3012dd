// ssddata from outside: exit codes, one line per error, and what it leaves behind.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "data/formats/coco.h"
#include "data/image/image_file.h"
#include "engine/base/file.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

using Catch::Contains;
using data::Dataset;
namespace fs = std::filesystem;

namespace {

// A folder with three images and their annotations.
struct Set {
  tests::TemporaryFolder folder;
  fs::path images = folder.path() / "images", annotations = folder.path() / "a.json";
  Dataset dataset;

  Set() {
    fs::create_directory(images);
    dataset.image_folder = images.string();
    dataset.categories = {{1, "person"}, {3, "car"}};
    for (int i = 0; i < 3; ++i) {
      data::ImageEntry image{.id = 70 + i, .width = 40 + i, .height = 30};
      image.file_name = fmt::format("{}.jpg", i);
      data::write_image(images / image.file_name, tests::picture(image.width, image.height));
      image.first_object = static_cast<uint32_t>(2 * i);
      image.object_count = 2;
      for (int k = 0; k < 2; ++k)
        dataset.objects.push_back({.id = 1 + 2 * i + k,
                                   .category = k,
                                   .crowd = i == 1,
                                   .x = 1.5 * k,
                                   .y = 3.25,
                                   .width = 20,
                                   .height = 10,
                                   .area = 123.5});
      dataset.images.push_back(image);
    }
    save();
  }
  void save() { data::write_coco(annotations.string(), dataset); }
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }
  std::string input() const {
    return fmt::format("--annotations '{}' --images '{}'", annotations.string(), images.string());
  }
};

tests::Outcome ssddata(const std::string& arguments) {
  return tests::run("'" + tests::program("ssddata").string() + "' " + arguments);
}

// The error's text; checks that it is one line and comes with this exit code.
std::string failure(const std::string& arguments, int exit_code) {
  tests::Outcome outcome = ssddata(arguments);
  INFO(arguments << "\n" << outcome.out << outcome.err);
  CHECK(outcome.exit_code == exit_code);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(outcome.err.starts_with("ssddata: "));
  return outcome.err;
}

// Nothing on stderr but notes of what a reader matched or assumed.
void check_done(const tests::Outcome& outcome) {
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  std::istringstream lines(outcome.err);
  for (std::string line; std::getline(lines, line);) CHECK(line.starts_with("ssddata: note: "));
}

}  // namespace

TEST_CASE("mistakes on the command line are one line and exit code 2") {
  failure("", 2);
  failure("chekc", 2);
  failure("stats", 2);
  failure("check --annotations a --records b", 2);
  CHECK_THAT(failure("check --annotatons a", 2), Contains("did you mean --annotations"));
  CHECK_THAT(failure("convert --annotations a", 2), Contains("--to-coco"));
  CHECK_THAT(failure("convert --annotations a --voc b --to-coco c", 2),
             Contains("give exactly one of"));
  CHECK_THAT(failure("convert --yolo /tmp --images b --to-coco c", 3), Contains("names"));
  failure("convert --annotations a --to-records b --shards 0", 2);
  failure("convert --annotations a --to-records b --shards x", 2);
}

TEST_CASE("help and version go to standard output") {
  for (const char* arguments : {"-h", "check -h", "stats -h", "convert -h", "synth -h", "show -h",
                                "split -h", "--version"}) {
    tests::Outcome outcome = ssddata(arguments);
    INFO(arguments);
    check_done(outcome);
    CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') <= 60);
    CHECK_FALSE(outcome.out.empty());
  }
}

TEST_CASE("a set without boxes is good for validation, one without categories for nothing") {
  Set set;
  set.dataset.objects.clear();
  for (data::ImageEntry& image : set.dataset.images) image.object_count = 0;
  set.save();
  const tests::Outcome boxes = ssddata("check " + set.input());
  CHECK(boxes.exit_code == 0);
  CHECK_THAT(boxes.out, Contains("no_box") &&
                            Contains("a.json: no boxes: nothing to train on; as validation data"));
  set.dataset.categories.clear();
  set.save();
  const tests::Outcome classes = ssddata("check " + set.input());
  CHECK(classes.exit_code == 3);
  CHECK_THAT(classes.out, Contains("no_category") && Contains("a.json: no categories, expected"));
}

TEST_CASE("bad data is one line and exit code 3") {
  Set set;
  for (const char* command : {"check", "stats"}) {
    CHECK_THAT(failure(fmt::format("{} --annotations '{}' --images '{}'", command,
                                   set.annotations.string(), set.annotations.string()),
                       3),
               Contains("a.json: not a folder, expected that of the images"));
    CHECK_THAT(failure(std::string(command) + " --annotations /nonexistent.json", 3),
               Contains("/nonexistent.json"));
    base::write_file(set.path("cut.json"), std::string("{\"images\": [\n{\"id\": 3"));
    CHECK_THAT(failure(fmt::format("{} --annotations '{}'", command, set.path("cut.json")), 3),
               Contains("cut.json: byte 21, line 2: no valid JSON"));
    base::write_file(set.path("r"), std::string("no records, this is a long text"));
    CHECK_THAT(failure(fmt::format("{} --records '{}'", command, set.path("x*")), 3),
               Contains("no file matches"));
  }
  CHECK_THAT(failure(fmt::format("stats --records '{}'", set.path("r")), 3),
             Contains("r:0: corrupted record length"));
  const tests::Outcome checked = ssddata(fmt::format("check --records '{}'", set.path("r")));
  CHECK(checked.exit_code == 3);
  CHECK_THAT(checked.out, Contains("bad_record") && Contains("r:0: corrupted record length"));
  CHECK_THAT(failure(fmt::format("convert {} --to-coco /proc/none/a.json", set.input()), 3),
             Contains("/proc/none"));
}

TEST_CASE("check is quiet about a good set and names every problem of a bad one") {
  Set set;
  tests::Outcome good = ssddata("check " + set.input());
  check_done(good);
  CHECK_THAT(good.out, Contains("3 images, 6 boxes, 2 categories") && !Contains("error"));

  set.dataset.objects[0].width = -5;
  set.dataset.objects[3].x = 35;
  set.dataset.images[2].width = 99;
  set.save();
  fs::remove(set.images / "1.jpg");
  tests::Outcome bad = ssddata("check " + set.input());
  CHECK(bad.exit_code == 3);
  CHECK_THAT(bad.err, Contains("a.json: 3 errors, 1 warning"));
  CHECK_THAT(bad.out,
             Contains("negative_box             0.jpg: annotation id 1: box [0, 3.25, -5, 10]"));
  CHECK_THAT(bad.out, Contains("box_overshoots           1.jpg: annotation id 4:"));
  CHECK_THAT(bad.out, Contains("missing_file             1.jpg: not found in"));
  CHECK_THAT(
      bad.out,
      Contains(
          "size_mismatch            2.jpg: the picture is 42 x 30, the annotations say 99 x 30"));
  CHECK_THAT(ssddata("check --no-images " + set.input()).err, Contains("1 error, 1 warning"));

  auto json = nlohmann::json::parse(ssddata("check --json " + set.input()).out);
  CHECK(json["errors"] == 3);
  CHECK(json["counts"]["missing_file"] == 1);
  CHECK(json["problems"].size() == 4);
  CHECK(json["problems"][0]["annotation_id"] == 1);
}

TEST_CASE("check tells of images that it did not look at, and what to give for that") {
  const Set set;
  const std::string without = "--annotations '" + set.annotations.string() + "'";
  CHECK_THAT(ssddata("check " + set.input()).out, !Contains("not known") && !Contains("could not"));
  CHECK_THAT(ssddata("check --no-images " + without).out,
             Contains("\nNo image was looked at") && Contains("check that without --no-images\n"));
  CHECK_THAT(ssddata("check " + without).out,
             Contains("\n3 images could not be checked: give the folder of the images with "
                      "--images, or --no-images to look at the annotations only\n"));
  fs::remove(set.images / "1.jpg");
  CHECK_THAT(ssddata("check " + set.input()).out,
             Contains("\n1 image could not be checked: the folder that --images names lacks"));
  for (const auto& [arguments, count] : {std::pair("--no-images ", 0), {"", 2}}) {
    const std::string out = ssddata("check --json " + std::string(arguments) + set.input()).out;
    CHECK(nlohmann::json::parse(out)["checked_images"] == count);
  }
}

TEST_CASE("check collects what loading refuses") {
  Set set;
  set.dataset.images[1].id = set.dataset.images[0].id;
  set.dataset.images[2].file_name = "../secret.jpg";
  set.save();
  tests::Outcome outcome = ssddata("check " + set.input());
  CHECK(outcome.exit_code == 3);
  CHECK_THAT(outcome.out, Contains("duplicate_image_id") && Contains("unsafe_file_name"));
  CHECK_THAT(failure("stats " + set.input(), 3), Contains("`ssddata check` lists every problem"));
}

TEST_CASE("check counts pictures that the annotations do not list") {
  Set set;
  CHECK_THAT(ssddata("check " + set.input()).out, !Contains("listed by no entry"));
  fs::copy(set.images / "0.jpg", set.images / "more.jpg");
  CHECK_THAT(ssddata("check " + set.input()).out,
             Contains("images: 1 of 4 (25.0 %) pictures are listed by no entry, such as more.jpg"));
  const tests::Outcome json = ssddata("check --json " + set.input());
  CHECK(nlohmann::json::parse(json.out)["unlisted_images"] == 1);
  CHECK_THAT(ssddata("check --no-images " + set.input()).out, !Contains("listed by no entry"));
}

TEST_CASE("convert leaves out entries that cannot be used, and counts them") {
  Set set;
  set.save();
  const auto edited = [&](bool no_category) {
    auto json = nlohmann::json::parse(std::ifstream(set.annotations));
    auto& boxes = json["annotations"];
    auto orphan = boxes[0], unknown = boxes[0];
    orphan["id"] = 100, orphan["image_id"] = 999;
    unknown["id"] = 101, unknown["category_id"] = 77;
    boxes.push_back(orphan), boxes.push_back(orphan), boxes.push_back(unknown);
    json["images"].push_back(json["images"][0]);
    if (no_category)
      for (auto& box : boxes) box["category_id"] = 0;
    std::ofstream(set.annotations) << json;
  };
  edited(false);
  CHECK_THAT(failure("stats " + set.input(), 3),
             Contains("line 1: image id 70 again") &&
                 Contains("`ssddata convert --leave-out-faulty --to-coco FILE` writes a file"));
  CHECK_THAT(ssddata("check " + set.input()).out, Contains("`ssddata convert --leave-out-faulty"));
  const std::string out = set.path("out.json");
  const std::string command =
      "convert --leave-out-faulty " + set.input() + " --to-coco '" + out + "'";
  const tests::Outcome outcome = ssddata(command);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Contains("2 left out as orphan_annotation") &&
                              Contains("1 left out as unknown_category") &&
                              Contains("1 left out as duplicate_image_id"));
  CHECK(data::load_coco(out, "").objects.size() == 6);
  set.save();
  edited(true);
  const tests::Outcome nothing = ssddata(command + " --overwrite");
  CHECK(nothing.exit_code == 3);
  CHECK_THAT(nothing.err, Contains("no box remains"));
  CHECK_THAT(failure("convert --leave-out-faulty --yolo x --to-coco y", 2),
             Contains("--leave-out-faulty is for COCO files"));
}

TEST_CASE("warnings fail only when asked to") {
  Set set;
  set.dataset.objects[0].height = 0;
  set.save();
  tests::Outcome outcome = ssddata("check " + set.input());
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("zero_box"));
  CHECK_THAT(failure("check --strict " + set.input(), 3), Contains("0 errors, 1 warning"));
  CHECK_THAT(ssddata("check --all " + set.input()).out,
             Contains("crowd                    1.jpg: annotation id 3"));
}

TEST_CASE("stats counts") {
  Set set;
  tests::Outcome text = ssddata("stats " + set.input());
  check_done(text);
  CHECK_THAT(text.out, Contains("person") && Contains("small"));
  auto json = nlohmann::json::parse(ssddata("stats --json " + set.input()).out);
  CHECK(json["images"] == 3);
  CHECK(json["boxes"] == 6);
  CHECK(json["crowd"] == 2);
  CHECK(json["area"]["small"] == 6);
  CHECK(json["boxes_per_image"]["2-3"] == 3);
  CHECK(json["aspect"]["2:1-3:1"] == 6);
  CHECK(json["width"] == nlohmann::json({40, 42}));
  CHECK(json["categories"][1] ==
        nlohmann::json({{"id", 3}, {"name", "car"}, {"boxes", 3}, {"crowd", 1}, {"images", 3}}));
}

TEST_CASE("COCO to records and back") {
  Set set;
  std::string prefix = set.path("shards/coco_val");
  check_done(ssddata(fmt::format("convert {} --to-records '{}' --shards 2", set.input(), prefix)));
  CHECK(fs::exists(prefix + ".record-00001-of-00002"));
  CHECK(fs::exists(prefix + ".label_map.pbtxt"));
  CHECK(std::distance(fs::directory_iterator(set.path("shards")), {}) == 3);
  std::string records = fmt::format("--records '{}*'", prefix);
  check_done(ssddata("check " + records));
  const std::string first = prefix + ".record-00000-of-00002", second = prefix + ".record-00001-of";
  check_done(ssddata(fmt::format("check --records '{}' --records '{}*'", first, second)));
  CHECK_THAT(failure(fmt::format("check --records '{}' '{}'", first, first), 2),
             Contains("unexpected argument " + first) && Contains("between quotes"));
  check_done(ssddata(fmt::format("convert {} --to-coco '{}' --to-images '{}'", records,
                                 set.path("back/b.json"), set.path("back/images"))));
  Dataset back = data::load_coco(set.path("back/b.json"), "");
  CHECK(back.categories.size() == set.dataset.categories.size());
  REQUIRE(back.images.size() == 3);
  for (const data::ImageEntry& image : back.images) {
    const data::ImageEntry& before = set.dataset.images.at(static_cast<size_t>(image.id - 70));
    CHECK(image.file_name == before.file_name);
    auto bytes = [](const fs::path& path) { return base::read_file(path, 1 << 20); };
    CHECK(bytes(set.images / image.file_name) ==
          bytes(fs::path(set.path("back/images")) / image.file_name));
    auto x = set.dataset.objects_of(before), y = back.objects_of(image);
    REQUIRE(x.size() == y.size());
    for (size_t k = 0; k < x.size(); ++k) {
      CHECK(set.dataset.categories[x[k].category].id == back.categories[y[k].category].id);
      CHECK(x[k].crowd == y[k].crowd);
      CHECK(x[k].area == y[k].area);
      CHECK(x[k].x == Approx(y[k].x).margin(1e-5));
      CHECK(x[k].width == Approx(y[k].width).margin(1e-5));
    }
  }
}

TEST_CASE("records with their own label map") {
  Set set;
  set.dataset.categories = {{1, "RBC"}, {2, "WBC"}};
  set.save();
  std::string prefix = set.path("blood");
  check_done(ssddata(fmt::format("convert {} --to-records '{}'", set.input(), prefix)));
  const auto beside = ssddata(fmt::format("stats --records '{}.record*'", prefix));
  check_done(beside);
  CHECK_THAT(beside.err, Contains("blood.label_map.pbtxt"));
  CHECK_THAT(beside.out, Contains("WBC"));
  fs::remove(prefix + ".label_map.pbtxt");
  CHECK_THAT(failure(fmt::format("stats --records '{}*'", prefix), 3),
             Contains("\"RBC\" is not in the label map"));
  base::write_file(set.path("map.pbtxt"),
                   std::string("item { id: 1 name: 'RBC' }\nitem { id: 2 name: 'WBC' }\n"));
  check_done(ssddata(
      fmt::format("stats --records '{}*' --label-map '{}'", prefix, set.path("map.pbtxt"))));
  base::write_file(set.path("bad.pbtxt"), std::string("item {\n id: x }"));
  CHECK_THAT(
      failure(fmt::format("stats --records '{}*' --label-map '{}'", prefix, set.path("bad.pbtxt")),
              3),
      Contains("bad.pbtxt:2: id needs an integer"));
}

TEST_CASE("COCO to VOC and YOLO and back") {
  Set set;
  for (data::Object& object : set.dataset.objects) object.crowd = false;
  set.save();
  check_done(ssddata(fmt::format("convert {} --to-voc '{}' --to-yolo '{}'", set.input(),
                                 set.path("voc"), set.path("yolo"))));
  check_done(ssddata(fmt::format("convert --voc '{}' --images '{}' --to-coco '{}'", set.path("voc"),
                                 set.images.string(), set.path("voc.json"))));
  check_done(ssddata(fmt::format("convert --yolo '{}' --names '{}' --images '{}' --to-coco '{}'",
                                 set.path("yolo"), set.path("yolo/classes.txt"),
                                 set.images.string(), set.path("yolo.json"))));
  for (const char* name : {"voc.json", "yolo.json"}) {
    Dataset back = data::load_coco(set.path(name), "");
    CHECK(back.images.size() == 3);
    REQUIRE(back.objects.size() == 6);
    CHECK(back.objects[5].x == Approx(1.5));
    CHECK(back.objects[5].height == Approx(10));
    check_done(ssddata(fmt::format("check --annotations '{}' --images '{}'", set.path(name),
                                   set.images.string())));
  }
}
