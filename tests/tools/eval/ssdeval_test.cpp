// ssdeval on results files, from outside: numbers, formats, exit codes, messages.
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

using nlohmann::json;

namespace {

json one_object_truth() {
  return {{"images", {{{"id", 1}, {"width", 100}, {"height", 100}, {"file_name", "a.jpg"}}}},
          {"categories", {{{"id", 4}, {"name", "cat, \"big\""}}, {{"id", 2}, {"name", "dog"}}}},
          {"annotations",
           {{{"id", 9},
             {"image_id", 1},
             {"category_id", 4},
             {"bbox", {10, 10, 40, 40}},
             {"area", 900},
             {"ignore", 1},
             {"iscrowd", 0}}}}};
}

json one_detection() {
  return json::array(
      {{{"image_id", 1}, {"category_id", 4}, {"bbox", {10, 10, 40, 40}}, {"score", 0.9}}});
}

const std::string kUnseen =
    "ssdeval: note: the images were not found, so it is not known whether EXIF turns them: if it "
    "does, boxes made for the stored pixels do not meet detections in upright pictures, as "
    "ssddetect's are; give --images\n";

// A folder with the two files, and the program run on them.
class Job {
 public:
  Job(const std::string& annotations, const std::string& detections) {
    std::ofstream(file("a.json"), std::ios::binary) << annotations;
    std::ofstream(file("d.json"), std::ios::binary) << detections;
  }
  Job(const json& annotations, const json& detections)
      : Job(annotations.dump(), detections.dump()) {}

  std::string file(const std::string& name) const { return folder_.path() / name; }
  tests::Outcome run(const std::string& options = "") const {
    return tests::run(tests::program("ssdeval").string() + " --annotations " + file("a.json") +
                      " --detections " + file("d.json") + " " + options);
  }

 private:
  tests::TemporaryFolder folder_;
};

void check_refused(const tests::Outcome& outcome, int code) {
  CHECK(outcome.exit_code == code);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.starts_with("ssdeval: "));
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
}

}  // namespace

TEST_CASE("twelve lines as everybody knows them, then the classes") {
  tests::Outcome outcome = Job(one_object_truth(), one_detection()).run();
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err == kUnseen);
  CHECK(outcome.out.starts_with(
      " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000\n"
      " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 1.000\n"
      " Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ] = 1.000\n"
      " Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 1.000\n"
      " Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = -1.000\n"
      " Average Precision  (AP) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000\n"
      " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 1.000\n"
      " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 1.000\n"
      " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000\n"
      " Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 1.000\n"));
  CHECK(outcome.out.find("cat, \"big\"   1.000  1.000  1.000  1.000        1          1") !=
        std::string::npos);
  CHECK(outcome.out.find("dog              -      -      -      -        0          0\n") !=
        std::string::npos);
}

TEST_CASE("--json prints one object under the metrics' full names") {
  tests::Outcome outcome = Job(one_object_truth(), one_detection()).run("--json --threads 2");
  REQUIRE(outcome.exit_code == 0);
  json result = json::parse(outcome.out);
  CHECK(result.at("DetectionBoxes_Precision/mAP") == 0.9999999999999998);
  CHECK(result.at("DetectionBoxes_Precision/mAP (medium)") == -1);
  CHECK(result.at("DetectionBoxes_Recall/AR@100 (small)") == 1);
  CHECK(result.at("objects") == 1);
  REQUIRE(result.at("per_class").size() == 2);
  CHECK(result["per_class"][0]["name"] == "dog");
  CHECK(result["per_class"][1]["AR100"] == 1);
}

TEST_CASE("--reference-area goes by the box") {
  tests::Outcome outcome = Job(one_object_truth(), one_detection()).run("--json --reference-area");
  json result = json::parse(outcome.out);
  CHECK(result.at("DetectionBoxes_Precision/mAP (small)") == -1);
  CHECK(result.at("DetectionBoxes_Precision/mAP (medium)") == 0.9999999999999998);
}

TEST_CASE("--strict-ids misses what pycocotools misses; without it there is a note") {
  json truth = one_object_truth();
  truth["annotations"][0]["id"] = 0;
  Job job(truth, one_detection());
  CHECK(json::parse(job.run("--json --strict-ids").out)["DetectionBoxes_Precision/mAP"] == 0);
  tests::Outcome outcome = job.run("--json");
  CHECK(json::parse(outcome.out)["DetectionBoxes_Precision/mAP"] > 0.99);
  CHECK(outcome.err.find("annotation id 0") != std::string::npos);
}

TEST_CASE("--per-class writes a table that spreadsheets read") {
  Job job(one_object_truth(), one_detection());
  REQUIRE(job.run("--per-class " + job.file("c.csv")).exit_code == 0);
  CHECK(
      tests::text_of(job.file("c.csv")) ==
      "id,name,AP,AP50,AP75,AR100,objects,crowds,detections\n"
      "2,dog,,,,,0,0,0\n"
      "4,\"cat, \"\"big\"\"\",0.9999999999999998,0.9999999999999999,0.9999999999999999,1,1,0,1\n");
  check_refused(job.run("--json --per-class " + job.file("a.json/c.csv")), 2);
}

TEST_CASE("unknown classes are left out with a warning, no detections are a result") {
  json detections = one_detection();
  detections.push_back(detections[0]);
  detections[1]["category_id"] = 77;
  tests::Outcome outcome = Job(one_object_truth(), detections).run("--json");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.find("1 detection of categories without annotations") != std::string::npos);
  CHECK(json::parse(outcome.out)["DetectionBoxes_Precision/mAP"] > 0.99);
  outcome = Job(one_object_truth(), json::array()).run("--json");
  CHECK(json::parse(outcome.out)["DetectionBoxes_Precision/mAP"] == 0);
}

TEST_CASE("detections of other classes only are refused, with the classes of both sides") {
  json named = one_detection();
  named[0]["category"] = "foo";
  tests::Outcome outcome = Job(one_object_truth(), named).run();
  INFO(outcome.err);
  check_refused(outcome, 3);
  CHECK_THAT(outcome.err,
             Catch::Contains("none of its 1 detections is of a class of ") &&
                 Catch::Contains("a.json: they are of 'foo'; the annotations have "
                                 "'cat, \"big\"', 'dog'. Classes are matched by name"));

  // Others are in images without annotations: those images are not to blame.
  json elsewhere = named;
  elsewhere.push_back(named[0]);
  elsewhere[0]["file_name"] = "a.jpg";
  elsewhere[1]["file_name"] = "b.jpg";
  outcome = Job(one_object_truth(), elsewhere).run();
  INFO(outcome.err);
  check_refused(outcome, 3);
  CHECK_THAT(outcome.err,
             Catch::Contains("none of its 1 detections in annotated images is of a ") &&
                 !Catch::Contains("none of the file names"));

  json numbered = one_detection();
  numbered[0]["category_id"] = 77;
  outcome = Job(one_object_truth(), numbered).run();
  INFO(outcome.err);
  check_refused(outcome, 3);
  CHECK_THAT(outcome.err, Catch::Contains("the first has category_id 77; the annotations have "
                                          "4 'cat, \"big\"', 2 'dog'. Entries without a name"));

  json mixed = one_detection();
  mixed.push_back(named[0]);
  outcome = Job(one_object_truth(), mixed).run();
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Catch::Contains("left out, the first of category 'foo'\n"));
}

TEST_CASE("objects whose area the metrics do not count are told, and are counted by the check") {
  json truth = one_object_truth();
  for (int i = 1; i <= 3; ++i) {
    json more = truth["annotations"][0];
    more["id"] = 9 + i;
    more["bbox"] = {10 + i, 10, 40, 40};
    more["area"] = i == 1 ? -5. : i == 2 ? 2e10 : 900.;
    truth["annotations"].push_back(more);
  }
  const Job job(truth, one_detection());
  const std::string told =
      "a.json: 2 of 4 (50.0 %) objects take no part in the metrics, because "
      "their area is not from 0 to 1e10 px\n";
  CHECK_THAT(job.run().err, Catch::Contains("ssdeval: warning: ") && Catch::Contains(told));
  CHECK_THAT(job.run("--reference-area").err, !Catch::Contains("take no part in the metrics"));
  const tests::Outcome checked =
      tests::run(tests::program("ssddata").string() + " check --no-images --annotations " +
                 job.file("a.json"));
  CHECK(checked.exit_code == 0);
  CHECK_THAT(checked.out, Catch::Contains("2 warning  uncounted_area"));
}

TEST_CASE("areas that cannot be those of their objects are told, and are counted by the check") {
  json truth = one_object_truth();
  for (int i = 1; i <= 3; ++i) {
    json more = truth["annotations"][0];
    more["id"] = 9 + i;
    more["bbox"] = {10 + i, 10, 40, 40};
    more["area"] = i == 1 ? 0. : i == 2 ? 1800. : 41. * 41;  // the last counts a pixel more
    truth["annotations"].push_back(more);
  }
  const Job job(truth, one_detection());
  CHECK_THAT(job.run().err,
             Catch::Contains("ssdeval: note: ") &&
                 Catch::Contains("a.json: 2 of 4 (50.0 %) objects have an area of 0 or above that "
                                 "of their box"));
  CHECK(job.run("--reference-area").err.find("have an area of 0") == std::string::npos);
  const tests::Outcome checked =
      tests::run(tests::program("ssddata").string() + " check --no-images --annotations " +
                 job.file("a.json"));
  CHECK(checked.exit_code == 0);
  CHECK_THAT(checked.out, Catch::Contains("2 warning  odd_area"));
}

TEST_CASE("results in another form than pixels, and images that were detected twice, are told") {
  json corners = one_detection(), unit = corners;
  corners[0]["bbox"] = {50, 50, 90, 90};
  unit[0]["bbox"] = {.1, .1, .4, .4};
  for (json* d : {&corners, &unit})
    for (int i = 0; i < 2; ++i) d->push_back((*d)[0]);
  CHECK_THAT(Job(one_object_truth(), corners).run().err,
             Catch::Contains("d.json: the boxes look like corners: 3 of 3 reach past the border"));
  corners[0]["bbox"] = {10, 10, 50, 50};  // two lie past the border, and on no object
  CHECK_THAT(Job(one_object_truth(), corners).run().err,
             Catch::Contains("d.json: the boxes look like corners: 2 of 3 reach past the border"));
  json truth = one_object_truth();  // with the annotations as corners
  truth["annotations"][0]["bbox"] = {50, 50, 90, 90};
  for (int i = 1; i < 3; ++i) {
    truth["annotations"].push_back(truth["annotations"][0]);
    truth["annotations"].back()["id"] = 9 + i;
  }
  CHECK_THAT(Job(truth, one_detection()).run().err,
             Catch::Contains("a.json: the boxes look like corners: 3 of 3 reach past the border"));
  CHECK_THAT(Job(one_object_truth(), unit).run().err,
             Catch::Contains("d.json: the boxes look like 0..1: 3 of 3 have no value above 1"));

  json twice = one_detection();
  twice[0]["file_name"] = "photos/a.jpg";
  for (int id : {1, 7, 7, 8}) {
    twice.push_back(twice[0]);
    twice.back()["image_id"] = id;
  }
  CHECK_THAT(Job(one_object_truth(), twice).run().err,
             Catch::Contains("d.json: 1 file_name stands under several values of image_id, the "
                             "first is photos/a.jpg; "));
  twice.erase(twice.begin() + 2, twice.end());
  CHECK_THAT(Job(one_object_truth(), twice).run().err, !Catch::Contains("several values"));
}

TEST_CASE("fields that a result or an annotation can do without") {
  json truth = one_object_truth(), detections = one_detection();
  for (const char* field : {"area", "iscrowd", "ignore"}) truth["annotations"][0].erase(field);
  detections[0]["id"] = 1;
  detections[0]["area"] = -3;
  detections[0]["segmentation"] = json::array({{1, 2, 3}});
  tests::Outcome outcome = Job(truth, detections).run("--json");
  CHECK(outcome.exit_code == 0);
  CHECK(json::parse(outcome.out)["DetectionBoxes_Precision/mAP (medium)"] > 0.99);
}

TEST_CASE("malformed annotations are exit code 3 and one line") {
  const std::vector<std::function<void(json&)>> faults = {
      [](json& a) { a = json::array(); },
      [](json& a) { a = 3; },
      [](json& a) { a.erase("images"); },
      [](json& a) { a.erase("categories"); },
      [](json& a) { a["images"] = 3; },
      [](json& a) { a["images"][0].erase("id"); },
      [](json& a) { a["images"][0]["id"] = "one"; },
      [](json& a) { a["images"].push_back(a["images"][0]); },
      [](json& a) { a["categories"][0].erase("id"); },
      [](json& a) { a["categories"][1]["id"] = 4; },
      [](json& a) { a["annotations"][0].erase("bbox"); },
      [](json& a) {
        a["annotations"][0]["bbox"] = {1, 2, 3};
      },
      [](json& a) { a["annotations"][0]["bbox"][2] = nullptr; },
      [](json& a) { a["annotations"][0]["bbox"][2] = "3"; },
      [](json& a) { a["annotations"][0]["category_id"] = 5; },
      [](json& a) { a["annotations"][0]["image_id"] = 5; },
      [](json& a) { a["annotations"][0]["image_id"] = 1.5; },
      [](json& a) { a["annotations"][0]["iscrowd"] = 2; },
      [](json& a) { a["annotations"][0]["area"] = "large"; },
  };
  for (size_t i = 0; i < faults.size(); ++i) {
    INFO("fault " << i);
    json truth = one_object_truth();
    faults[i](truth);
    check_refused(Job(truth, one_detection()).run(), 3);
  }
}

TEST_CASE("malformed detections are exit code 3 and one line that names the entry") {
  const std::vector<std::function<void(json&)>> faults = {
      [](json& d) { d = 3; },
      [](json& d) { d = "text"; },
      [](json& d) { d = nullptr; },
      [](json& d) { d = one_object_truth(); },
      [](json& d) { d.push_back(3); },
      [](json& d) { d.push_back(json::array()); },
      [](json& d) { d[0].erase("image_id"); },
      [](json& d) { d[0].erase("category_id"); },
      [](json& d) { d[0].erase("bbox"); },
      [](json& d) { d[0].erase("score"); },
      [](json& d) { d[0]["image_id"] = 2; },
      [](json& d) { d[0]["image_id"] = "a.jpg"; },
      [](json& d) { d[0]["category_id"] = 4.5; },
      [](json& d) { d[0]["category_id"] = false; },
      [](json& d) { d[0]["bbox"] = json::array(); },
      [](json& d) {
        d[0]["bbox"] = {1, 2, 3, 4, 5};
      },
      [](json& d) {
        d[0]["bbox"] = {1, 2, 3, "4"};
      },
      [](json& d) {
        d[0]["bbox"] = {{"x", 1}};
      },
      [](json& d) { d[0]["score"] = "high"; },
      [](json& d) { d[0]["score"] = json::array({1}); },
  };
  for (size_t i = 0; i < faults.size(); ++i) {
    INFO("fault " << i);
    json detections = one_detection();
    faults[i](detections);
    check_refused(Job(one_object_truth(), detections).run("--json"), 3);
  }
  const std::string good = one_detection().dump();
  for (const std::string& text :
       {std::string(), std::string("["), good + "]", good + good, good.substr(0, 40),
        std::string(100'000, '['), std::string("[{\"score\": NaN}]"), "\xef\xbb" + good,
        std::string(R"([{"image_id":1,"category_id":4,"bbox":[1,2,3,1e400],"score":1}])")}) {
    INFO(text.substr(0, 100));
    check_refused(Job(one_object_truth().dump(), text).run("--json"), 3);
  }
}

TEST_CASE("usage errors are exit code 2, files that are not there 3") {
  Job job(one_object_truth(), one_detection());
  check_refused(job.run("--thread 2"), 2);
  check_refused(job.run("--threads -1"), 2);
  check_refused(job.run("--threads many"), 2);
  check_refused(job.run("extra"), 2);
  std::string program = tests::program("ssdeval").string();
  check_refused(tests::run(program), 2);
  check_refused(tests::run(program + " --annotations " + job.file("a.json")), 2);
  check_refused(tests::run(program + " --annotations /no/such --detections " + job.file("d.json")),
                3);
  check_refused(tests::run(program + " --annotations " + job.file("a.json") + " --detections /tmp"),
                3);
  // Options of a data set that is not given, or has another format.
  for (const char* option :
       {"--images x", "--names x", "--split val", "--label-map x", "--keep-grouping-class"}) {
    const tests::Outcome alone = tests::run(program + " --checkpoint none " + option);
    check_refused(alone, 2);
    CHECK_THAT(alone.err, Catch::Contains("needs one of --annotations"));
  }
  check_refused(job.run("--names x"), 2);
  check_refused(job.run("--label-map x"), 2);
  tests::Outcome help = tests::run(program + " --help");
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("Examples:") != std::string::npos);
}

TEST_CASE("lines of upright pictures whose labels are those of the stored pixels are recognised") {
  json truth = one_object_truth();
  truth["images"][0]["height"] = 200;
  const auto told = [&](int width, int height) {
    const json line{{"file_name", "a.jpg"},
                    {"width", width},
                    {"height", height},
                    {"detections", one_detection()}};
    const tests::Outcome outcome =
        Job(truth.dump(), "{\"image_id\": 7, " + line.dump().substr(1)).run();
    CHECK(outcome.exit_code == 0);
    return outcome.err;
  };
  CHECK_THAT(told(200, 100),
             Catch::Contains("d.json: 1 image with the annotated width and height exchanged, the "
                             "first is a.jpg: their annotations seem to be those of the stored "
                             "pixels, and EXIF turns the pictures; give --images") &&
                 !Catch::Contains(kUnseen));
  CHECK_THAT(told(100, 200), Catch::EndsWith(kUnseen));
  CHECK_THAT(told(50, 100), Catch::EndsWith(kUnseen));
}
