// Labels that take no part, classes that differ and metrics without a value are told by every
// program, before the first step.
#include "tests/support/catch.h"
#include "tests/support/tools/edited_data.h"

namespace fs = std::filesystem;
using Catch::Contains;
using nlohmann::json;
using tests::annotations_of, tests::Outcome, tests::TrainingPlace, tests::use_annotations;

namespace {

const std::string kShort = "train.steps=2 eval.every_steps=0 ";

Outcome program(const TrainingPlace& place, const std::string& name, const std::string& arguments) {
  return tests::run("cd " + place.at("") + " && " + tests::program(name).string() + " " +
                    arguments);
}

std::string told_by_training(const TrainingPlace& place, const json& train,
                             const std::string& more) {
  fs::remove_all(place.at("run"));
  const Outcome o = place.train("run", kShort + use_annotations(place, "train", "t", train) + more);
  CAPTURE(o.err);
  CHECK(o.exit_code == 0);
  CHECK_THAT(tests::text_of(place.at("run/train.log")), Contains("labels: "));
  return o.err;
}

std::string refused(const TrainingPlace& place, const std::string& more) {
  fs::remove_all(place.at("run"));
  const Outcome o = place.train("run", kShort + more);
  CHECK(o.exit_code == 3);
  CHECK(std::count(o.err.begin(), o.err.end(), '\n') == 1);
  CHECK_FALSE(fs::exists(place.at("run")));
  return o.err;
}

}  // namespace

TEST_CASE("a training tells how many labels take no part, why, and which key changes it") {
  TrainingPlace place(8, 4);
  const json good = annotations_of(place, "train");
  const size_t labels = good["annotations"].size();
  REQUIRE(labels > 3);

  json one = good;
  one["annotations"][0]["bbox"] = {80, 10, 30, 20};  // of 96 px
  CHECK_THAT(told_by_training(place, one, ""),
             Contains("labels: 1 of " + std::to_string(labels)) &&
                 Contains("1 past the border by 1 px or more (data.overshoot=clip cuts them)"));
  CHECK_THAT(told_by_training(place, one, "data.overshoot=clip"),
             Contains("labels: 1 reach past the border and are cut there"));

  json swapped = good;
  swapped["annotations"][0]["bbox"] = {50, 50, -20, -20};
  swapped["annotations"][1]["bbox"] = {50, 50, 0, 20};
  CHECK_THAT(told_by_training(place, swapped, ""),
             Contains("1 with a negative side, as if corners were swapped, 1 without area"));

  CHECK_THAT(told_by_training(place, good, "data.max_boxes=1"),
             Contains("beyond the first 1 of their image (data.max_boxes)"));

  json crowds = good;
  crowds["annotations"][2]["iscrowd"] = 1;
  CHECK_THAT(told_by_training(place, crowds, "data.crowd=ignore"),
             Contains("1 crowd regions (data.crowd=train takes them)"));
}

TEST_CASE("a training tells before the first step of faulty boxes of the validation data") {
  TrainingPlace place(4, 4);
  json val = annotations_of(place, "val");
  const size_t labels = val["annotations"].size();
  REQUIRE(labels > 3);
  val["annotations"][0]["bbox"] = {50, 50, -20, -20};
  val["annotations"][1]["bbox"] = {50, 50, 0, 20};
  val["annotations"][2]["iscrowd"] = 1;  // no fault
  const Outcome o = place.train("run", kShort + use_annotations(place, "val", "v", val));
  CAPTURE(o.err);
  CHECK(o.exit_code == 0);
  const size_t told = o.err.find("labels of data.val: 2 of " + std::to_string(labels));
  CHECK(told < o.err.find("step 1/2"));
  CHECK_THAT(o.err, Contains("but count in the metrics: 1 with a negative side, as if corners were "
                             "swapped, 1 without area; `ssddata check` names those of v.json\n"));
}

TEST_CASE("a score threshold that leaves no detection is told as the reason of the metrics") {
  TrainingPlace place(4, 4);
  const std::string reason =
      "nothing was detected, because no box of the data's classes has a score above "
      "eval.score_threshold=1\n";
  const Outcome trained = place.train("run", "train.steps=1 eval.score_threshold=1");
  CHECK_THAT(trained.err, Contains("s; nothing was detected, because no box") &&
                              Contains("eval.score_threshold=1, the best so far"));
  const std::string eval = "--device cpu --checkpoint run/last.safetensors ";
  CHECK_THAT(program(place, "ssdeval", eval).err, Contains("ssdeval: note: " + reason));
  CHECK_THAT(program(place, "ssdeval", eval + "eval.score_threshold=0.0001").err,
             !Contains("nothing was detected"));
}

TEST_CASE("classes without a box to train on, and boxes below a pixel, are told before training") {
  TrainingPlace place(8, 4);
  json data = annotations_of(place, "train");
  const size_t labels = data["annotations"].size();
  data["annotations"][0]["bbox"] = {20, 20, 0.01, 0.01};
  CHECK(told_by_training(place, data, "").find("classes have no") == std::string::npos);
  data["categories"].push_back({{"id", 900}, {"name", "ghost"}});
  data["categories"].push_back({{"id", 901}, {"name", "flat"}});
  data["annotations"][1]["bbox"] = {20, 20, 0, 5};
  data["annotations"][1]["category_id"] = 901;
  const std::string told = told_by_training(place, data, "");
  const std::string classes = std::to_string(data["categories"].size());
  CHECK_THAT(told, Contains("labels: 1 of " + std::to_string(labels)) &&
                       Contains("have a side below 1 px of their image"));
  CHECK_THAT(told, Contains("note: ") && Contains(": 2 of " + classes) &&
                       Contains("classes have no box to train on, so the detector cannot learn "
                                "them: 'ghost', 'flat'\n"));
}

TEST_CASE("nothing is said of labels when all take part") {
  TrainingPlace place(4, 4);
  const Outcome o = place.train("run", kShort);
  CHECK(o.exit_code == 0);
  CHECK(o.err.find("labels: ") == std::string::npos);
}

TEST_CASE("a training tells of pictures that neither set lists") {
  TrainingPlace place(4, 4);
  const json train = annotations_of(place, "train");
  CHECK_THAT(place.train("run", kShort).err, !Contains("listed by no entry"));
  const std::string first = train["images"][0]["file_name"];
  fs::copy(place.at("data/images/" + first), place.at("data/images/more.jpg"));
  fs::remove_all(place.at("run"));
  CHECK_THAT(place.train("run", kShort).err,
             Contains("images: 1 of ") && Contains("listed by no entry, such as more.jpg"));
}

TEST_CASE("a training set of which no label takes part is refused") {
  TrainingPlace place(4, 4);
  json data = annotations_of(place, "train");
  const json good = data;
  data["annotations"] = json::array();
  CHECK_THAT(refused(place, use_annotations(place, "train", "none", data)), Contains("no boxes"));

  data = good;
  for (json& a : data["annotations"]) a["iscrowd"] = 1;
  CHECK_THAT(refused(place, use_annotations(place, "train", "crowd", data) + "data.crowd=ignore"),
             Contains("none of its") && Contains("crowd regions"));

  data = good;
  for (json& a : data["annotations"]) a["bbox"][2] = 200;
  CHECK_THAT(refused(place, use_annotations(place, "train", "wide", data)),
             Contains("none of its") && Contains("past the border"));
}

TEST_CASE("ssddata and ssdeval count the same labels") {
  TrainingPlace place(4, 4);
  json data = annotations_of(place, "val");
  data["annotations"][0]["bbox"] = {-3, 10, 200, 20};
  data["annotations"][1]["bbox"] = {10, 10, 20, 0};
  std::ofstream(place.at("v.json")) << data.dump();
  std::ofstream(place.at("d.json")) << "[]";
  const std::string counted = "1 without area, 1 past the border by 1 px or more";
  const std::string input = "--annotations v.json --images data/images";
  CHECK_THAT(program(place, "ssddata", "check " + input).out, Contains(counted));
  CHECK_THAT(program(place, "ssddata", "stats " + input).out, Contains(counted));
  const json stats = json::parse(program(place, "ssddata", "stats --json " + input).out);
  CHECK(stats["training"]["left_out"] == json({{"no_area", 1}, {"past_border", 1}}));
  const json check = json::parse(program(place, "ssddata", "check --json " + input).out);
  CHECK(check["labels"] == stats["training"]);
  CHECK_THAT(program(place, "ssdeval", "--annotations v.json --detections d.json").err,
             Contains("objects count here, but would take no part in training: " + counted));
}

TEST_CASE("pictures of another size than their labels say are told and counted") {
  TrainingPlace place(4, 4);
  json data = annotations_of(place, "val");
  data["images"][1]["width"] = 99;
  data["images"][2]["height"] = 200;
  std::ofstream(place.at("v.json")) << data.dump();
  const std::string first = data["images"][1]["file_name"];
  const std::string told =
      "ssddata: note: 2 of 4 pictures have another size than their annotations say; the "
      "first: " +
      first + ": the picture is 96 x 96, the annotations say 99 x 96\n";
  const std::string input = "--annotations v.json --images data/images ";
  for (const char* command : {"convert --to-coco out.json ", "show -o shown "}) {
    const Outcome o = program(place, "ssddata", command + input);
    CHECK(o.exit_code == 0);
    CHECK(o.err == told);
  }
  CHECK_THAT(program(place, "ssddata", "check " + input).out, Contains("2 error    size_mismatch"));
  const Outcome stored =
      program(place, "ssddata", "convert --to-coco o.json --exif stored " + input);
  CHECK(stored.exit_code == 3);
  CHECK(std::count(stored.err.begin(), stored.err.end(), '\n') == 1);
  const Outcome good = program(
      place, "ssddata",
      "convert --to-coco good.json --annotations data/annotations/instances_val.json --images "
      "data/images");
  CHECK(good.err.empty());
}

TEST_CASE("ssdeval says when an image has more objects than detections count") {
  TrainingPlace place(4, 2);
  json data = annotations_of(place, "val");
  json many = json::array();
  for (int i = 0; i < 103; ++i) {
    json one = data["annotations"][0];
    one["id"] = i + 1;
    one["bbox"] = {i % 10, i / 10, 20, 20};
    many.push_back(one);
  }
  data["annotations"] = many;
  REQUIRE(place.train("run", kShort).exit_code == 0);
  std::ofstream(place.at("v.json")) << data.dump();
  const std::string input = "--annotations v.json --images data/images ";
  const Outcome model =
      program(place, "ssdeval",
              "--checkpoint run/last.safetensors --threads 1 --save-detections d.json " + input +
                  "eval.max_total=40 eval.score_threshold=0");
  INFO(model.err);
  REQUIRE(model.exit_code == 0);
  CHECK_THAT(model.err, Contains("eval.max_total=40 boxes of an image: 1 of 2 images has more than "
                                 "40 objects, and 63 of 103 objects cannot be found\n"));
  const std::string limit = "only the best 100 detections of each image and category count: 0 of ";
  CHECK_THAT(model.err, Contains(limit) && Contains("and 3 of 103 objects cannot be found\n"));
  CHECK_THAT(program(place, "ssdeval", "--annotations v.json --detections d.json").err,
             Contains(limit));
}

TEST_CASE("classes that differ between training and validation are named, none alike is an error") {
  TrainingPlace place(4, 4);
  json data = annotations_of(place, "val");
  const json good = data;
  const std::string name = data["categories"][0]["name"];
  std::string shouted = " " + name;
  for (char& c : shouted) c = char(std::toupper(c));
  data["categories"][0]["name"] = shouted;
  const Outcome o = place.train("run", kShort + use_annotations(place, "val", "v", data));
  CAPTURE(o.err);
  CHECK(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("does not know 1 of the") &&
                        Contains("'" + shouted + "' (it has '" + name + "')"));
  const Outcome evaluated = program(place, "ssdeval",
                                    "--checkpoint run --device cpu --annotations v.json "
                                    "--images data/images");
  CHECK(evaluated.exit_code == 0);
  CHECK_THAT(evaluated.err, Contains("does not know 1 of the"));

  // Two spellings in one data set, too.
  json both = annotations_of(place, "train");
  both["categories"].push_back(both["categories"][0]);
  both["categories"].back()["id"] = 1000;
  both["categories"].back()["name"] = shouted;
  const Outcome alike = place.train("alike", kShort + use_annotations(place, "train", "b", both));
  CHECK_THAT(alike.err, Contains("warning: b.json: the classes '" + name + "' and '" + shouted +
                                 "' differ only in case, blanks, - or _"));

  data = good;
  for (json& category : data["categories"])
    category["name"] = "other " + category["name"].get<std::string>();
  const std::string use = use_annotations(place, "val", "w", data);
  const Outcome none = program(place, "ssdeval",
                               "--checkpoint run --device cpu --annotations w.json "
                               "--images data/images");
  CHECK(none.exit_code == 3);
  CHECK_THAT(none.err, Contains("knows none of its"));
  CHECK_THAT(refused(place, use), Contains("knows none of its") && Contains("'" + name + "'"));
}

TEST_CASE("images that are in the training and the validation data are told") {
  TrainingPlace place(4, 4);
  json data = annotations_of(place, "val");
  data["images"].push_back(annotations_of(place, "train")["images"][0]);
  const Outcome o = place.train("run", kShort + use_annotations(place, "val", "v", data));
  CAPTURE(o.err);
  CHECK(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("warning: v.json: 1 of 5 (20.0 %) images are trained on, too"));
  CHECK_THAT(place.train("other", kShort).err, !Contains("are trained on, too"));
  // The same files in another spelling.
  data["images"].back()["file_name"] = "./" + data["images"].back()["file_name"].get<std::string>();
  const Outcome spelt =
      place.train("spelt", kShort + use_annotations(place, "val", "s", data) +
                               " data.val.images=" + place.at("data/../data/images"));
  CAPTURE(spelt.err);
  CHECK_THAT(spelt.err, Contains("warning: s.json: 1 of 5 (20.0 %) images are trained on, too"));
}

TEST_CASE("copies of training images in the validation data are told") {
  TrainingPlace place(4, 4);
  json data = annotations_of(place, "val");
  const std::string trained = annotations_of(place, "train")["images"][0]["file_name"];
  const std::filesystem::path folder = place.at("data/images");
  std::filesystem::copy_file(folder / trained, folder / "copy.jpg");
  data["images"].back()["file_name"] = "copy.jpg";
  const Outcome o = place.train("run", kShort + use_annotations(place, "val", "v", data));
  CAPTURE(o.err);
  CHECK(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("warning: v.json: 1 of 4 (25.0 %) images are trained on, too (1 as a "
                             "copy), so the metrics"));
}

TEST_CASE("images without a box are told before training") {
  TrainingPlace place(4, 4);
  json data = annotations_of(place, "train");
  const json first = data["images"][0]["id"];
  json rest = json::array();
  for (const json& a : data["annotations"])
    if (a["image_id"] != first) rest.push_back(a);
  data["annotations"] = rest;
  CHECK_THAT(place.train("run", kShort + use_annotations(place, "train", "t", data)).err,
             Contains("labels: 1 of 4 (25.0 %) images have no box and are trained on as "
                      "background"));
}

TEST_CASE("what a data set has twice is told before training and evaluation") {
  TrainingPlace place(4, 4);
  json data = annotations_of(place, "val");
  for (json a : json(data["annotations"])) {
    a["id"] = a["id"].get<int64_t>() + 100000;
    data["annotations"].push_back(a);
  }
  const std::string words = "(50.0 %) boxes are those of an earlier object";
  const Outcome o = place.train("run", kShort + use_annotations(place, "val", "v", data));
  CHECK(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("warning: v.json: ") && Contains(words));
  CHECK_THAT(program(place, "ssdeval",
                     "--checkpoint run --device cpu --annotations v.json --images data/images")
                 .err,
             Contains(words));
}

TEST_CASE("a validation that cannot be measured is told, is never the best and stops nothing") {
  TrainingPlace place(8, 4);
  json data = annotations_of(place, "val");
  std::string why = "there is no object in its 4 images";
  if (GENERATE(false, true)) {
    for (json& a : data["annotations"]) a["iscrowd"] = 1;
    why = "is a crowd region";
  } else {
    data["annotations"] = json::array();
  }
  const std::string use = use_annotations(place, "val", "v", data);
  const Outcome o =
      place.train("run", use + "train.steps=6 eval.every_steps=1 train.early_stopping.patience=2");
  CAPTURE(o.err);
  CHECK(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("data.val cannot be measured: ") && Contains(why) &&
                        Contains("done after step 6; everything"));
  CHECK(o.err.find("best so far") == std::string::npos);
  CHECK_FALSE(fs::exists(place.at("run/best.safetensors")));
  CHECK_FALSE(fs::exists(place.at("run/metrics.json")));
  const json last = json::parse(tests::text_of(place.at("run/last_metrics.json")));
  CHECK(last["DetectionBoxes_Precision/mAP"] == -1);
  CHECK_THAT(last["unmeasured"].get<std::string>(), Contains(why));
  for (const tests::Row& row : tests::results_of(place.at("run")))
    CHECK(row.at("DetectionBoxes_Precision/mAP") == "");

  std::ofstream(place.at("d.json")) << "[]";
  const Outcome evaluated = program(place, "ssdeval", "--annotations v.json --detections d.json");
  CHECK(evaluated.exit_code == 0);
  CHECK_THAT(evaluated.err, Contains("v.json cannot be measured: ") && Contains(why));
}

TEST_CASE("the files of the best evaluation stay, and those of the last one are beside them") {
  TrainingPlace place(8, 4);
  // No later evaluation gains as much as 1.
  const Outcome o = place.train("run",
                                "train.steps=8 eval.every_steps=2 "
                                "train.early_stopping.min_gain=1");
  CAPTURE(o.err);
  REQUIRE(o.exit_code == 0);
  CHECK(json::parse(tests::text_of(place.at("run/metrics.json")))["step"] == 2);
  CHECK(json::parse(tests::text_of(place.at("run/last_metrics.json")))["step"] == 8);
  CHECK(tests::step_of(place.at("run/best.safetensors")) == 2);
  CHECK(fs::exists(place.at("run/last_per_class.csv")));
  CHECK(fs::exists(place.at("run/last_detections.json")));
  CHECK_THAT(o.err, Contains("done after step 8; best mAP ") && Contains(" at step 2; "));
}
