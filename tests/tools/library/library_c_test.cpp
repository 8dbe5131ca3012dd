// The C functions of the shared library, and what it exports.
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/picture.h"
#include "tests/support/tools/training_run.h"
#include "tools/library/detector.h"
#include "tools/library/detector_c.h"

using Catch::Contains;
using tests::Outcome;

namespace {

const tests::TrainingPlace& place() {
  static const tests::TrainingPlace trained(8, 4);
  static const Outcome outcome = trained.train("run", "train.steps=4");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return trained;
}

ssd320_options options() {
  ssd320_options o{};
  o.size = sizeof o;
  REQUIRE(ssd320_default_options(&o) == SSD320_OK);
  o.score_threshold = 0.001;
  o.max_detections = 10;
  o.device = "cpu";
  o.memory_gib = 0.5;
  return o;
}

// Closes what it opened.
struct Opened {
  ssd320_detector* detector = nullptr;
  Opened() {
    const ssd320_options o = options();
    const int code = ssd320_open(place().at("run").c_str(), &o, &detector);
    INFO(ssd320_last_error());
    REQUIRE(code == SSD320_OK);
  }
  ~Opened() { ssd320_close(detector); }
};

std::string error() { return ssd320_last_error(); }

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) lines.insert(line);
  return lines;
}

std::string library() {
  return (tests::program("").parent_path().parent_path() / "lib/libssd320.so").string();
}

}  // namespace

TEST_CASE("the C functions find the boxes of the C++ class") {
  const Opened opened;
  const data::Picture a = tests::picture(120, 90), b = tests::picture(64, 200);
  const ssd320_picture pictures[] = {{a.rgb.data(), a.width, a.height, 0},
                                     {b.rgb.data(), b.width, b.height, 3 * b.width}};
  ssd320_boxes* boxes = nullptr;
  REQUIRE(ssd320_detect(opened.detector, pictures, 2, &boxes) == SSD320_OK);

  ssd::Options same;
  same.score_threshold = 0.001, same.max_detections = 10;
  same.device = "cpu", same.memory_gib = 0.5;
  const ssd::Detector detector(place().at("run"), same);
  const auto expected = detector.detect(std::vector<ssd::Picture>{
      {a.rgb.data(), a.width, a.height}, {b.rgb.data(), b.width, b.height}});
  for (size_t picture = 0; picture < 2; ++picture) {
    REQUIRE(ssd320_box_count(boxes, picture) == expected[picture].size());
    CHECK(!expected[picture].empty());
    for (size_t i = 0; i < expected[picture].size(); ++i) {
      const ssd::Box& e = expected[picture][i];
      ssd320_box box{};
      box.size = sizeof box;
      REQUIRE(ssd320_get_box(boxes, picture, i, &box) == SSD320_OK);
      CHECK((box.x == e.x && box.y == e.y && box.width == e.width && box.height == e.height));
      CHECK((box.score == e.score && box.class_id == e.class_id));
      CHECK(box.class_name == e.class_name);
    }
  }
  CHECK(ssd320_box_count(boxes, 2) == 0);
  ssd320_free_boxes(boxes);
}

TEST_CASE("the C functions tell the classes, the device and the version") {
  const Opened opened;
  CHECK(std::string(ssd320_device(opened.detector)) == "cpu");
  CHECK(std::string(ssd320_version()) == ssd::version());
  REQUIRE(ssd320_class_count(opened.detector) == 3);
  int64_t id = 0;
  const char* name = nullptr;
  REQUIRE(ssd320_get_class(opened.detector, 2, &id, &name) == SSD320_OK);
  CHECK(id == 3);
  CHECK(!std::string(name).empty());
  CHECK(ssd320_get_class(opened.detector, 3, &id, &name) == SSD320_USAGE);
  CHECK(error() == "ssd320_get_class: there is no class 3");
}

TEST_CASE("structs of other versions: smaller ones are refused, larger ones must be understood") {
  struct Larger {
    ssd320_options known;
    int64_t added;
  } larger{};
  larger.known.size = sizeof larger;
  larger.added = 7;
  REQUIRE(ssd320_default_options(&larger.known) == SSD320_OK);
  CHECK(larger.added == 0);
  CHECK(larger.known.size == sizeof larger);
  larger.known.device = "cpu", larger.known.memory_gib = 0.5;
  ssd320_detector* detector = nullptr;
  CHECK(ssd320_open(place().at("run").c_str(), &larger.known, &detector) == SSD320_OK);
  ssd320_close(detector);
  larger.added = 7;
  CHECK(ssd320_open(place().at("run").c_str(), &larger.known, &detector) == SSD320_USAGE);
  CHECK(detector == nullptr);
  CHECK_THAT(error(), Contains("ssd320_options has a value that version 0."));

  ssd320_options o = options();
  o.size = 0;
  CHECK(ssd320_default_options(&o) == SSD320_USAGE);
  CHECK(ssd320_open(place().at("run").c_str(), &o, &detector) == SSD320_USAGE);
  CHECK_THAT(error(), Contains("ssd320_options.size is 0"));
}

TEST_CASE("null pointers and wrong numbers are errors, not crashes") {
  ssd320_detector* detector = nullptr;
  ssd320_boxes* boxes = nullptr;
  CHECK(ssd320_default_options(nullptr) == SSD320_USAGE);
  CHECK(ssd320_open(nullptr, nullptr, &detector) == SSD320_USAGE);
  CHECK(ssd320_open("model", nullptr, nullptr) == SSD320_USAGE);
  CHECK(ssd320_detect(nullptr, nullptr, 0, &boxes) == SSD320_USAGE);
  CHECK(ssd320_get_box(nullptr, 0, 0, nullptr) == SSD320_USAGE);
  CHECK(ssd320_class_count(nullptr) == 0);
  CHECK(ssd320_box_count(nullptr, 0) == 0);
  ssd320_close(nullptr);
  ssd320_free_boxes(nullptr);
  const Opened opened;
  CHECK(ssd320_detect(opened.detector, nullptr, 1, &boxes) == SSD320_USAGE);
  REQUIRE(ssd320_detect(opened.detector, nullptr, 0, &boxes) == SSD320_OK);
  ssd320_box box{};
  box.size = sizeof box;
  CHECK(ssd320_get_box(boxes, 0, 0, &box) == SSD320_USAGE);
  CHECK(error() == "ssd320_get_box: picture 0 has no box 0");
  ssd320_free_boxes(boxes);
}

TEST_CASE("options are made from the defaults: strings that are null are refused") {
  ssd320_detector* detector = nullptr;
  for (const char* ssd320_options::*field :
       {&ssd320_options::device, &ssd320_options::precision, &ssd320_options::plan_cache}) {
    ssd320_options o = options();
    o.*field = nullptr;
    CHECK(ssd320_open(place().at("run").c_str(), &o, &detector) == SSD320_USAGE);
    CHECK(detector == nullptr);
    CHECK_THAT(error(), Contains(" is null: call ssd320_default_options first"));
  }
}

TEST_CASE("each thread has its own last error") {
  ssd320_detector* detector = nullptr;
  CHECK(ssd320_open("/no/such/model", nullptr, &detector) == SSD320_CHECKPOINT);
  const std::string before = error();
  CHECK_THAT(before, Contains("/no/such/model"));
  std::string fresh = "not asked", other;
  std::thread([&] {
    fresh = error();
    ssd320_get_class(nullptr, 0, nullptr, nullptr);
    other = error();
  }).join();
  CHECK(fresh.empty());
  CHECK(other == "ssd320_get_class: there is no class 0");
  CHECK(error() == before);
}

TEST_CASE("the library exports what symbols.txt lists, and nothing else") {
  const Outcome outcome = tests::run("nm --dynamic --demangle --defined-only " + library() +
                                     " | grep -v ' A ' | cut -d ' ' -f 3- | sed 's/@@.*//'");
  REQUIRE(outcome.exit_code == 0);
  const std::string listed = tests::text_of(tests::source_dir() / "tools/library/symbols.txt");
  CHECK(lines_of(outcome.out) == lines_of(listed));
  CHECK(lines_of(listed).size() > 20);
}

TEST_CASE("the library has the name that programs will look for") {
  const Outcome name =
      tests::run("objdump -p " + library() + " | awk '$1 == \"SONAME\" {print $2}'");
  CHECK(name.out == "libssd320.so.0\n");
  const Outcome needed =
      tests::run("objdump -p " + library() + " | awk '$1 == \"NEEDED\" {print $2}'");
  CHECK_THAT(needed.out, Contains("libc.so.6"));
  CHECK_THAT(needed.out, !Contains("pango"));  // nothing is drawn
}
