// ssddetect and ssdeval on a checkpoint, from outside: one small model is trained for all cases.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "data/image/image_file.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

namespace fs = std::filesystem;
using nlohmann::json;
using tests::Outcome;

namespace {

// A drawn data set and a model that saw it for three steps: its boxes are poor, but there are some.
class Trained {
 public:
  Trained() {
    const std::string set = root() + "/set", annotations = set + "/annotations/instances_";
    made_ = tests::run(tests::program("ssddata").string() + " synth " + set +
                       " --train 8 --val 4 --width 96 --height 80 --classes 3");
    if (made_.exit_code != 0) return;
    const json config{
        {"model",
         {{"input_height", 64},
          {"input_width", 64},
          {"class_columns", "dense"},
          {"backbone_width", 8},
          {"units", {1, 1, 1, 1}},
          {"fpn_channels", 16},
          {"head_channels", 16},
          {"head_depth", 1},
          {"anchors", {{"max_level", 5}}}}},
        {"data",
         {{"train", {{"annotations", annotations + "train.json"}, {"images", set + "/images"}}},
          {"val", {{"annotations", annotations + "val.json"}, {"images", set + "/images"}}}}},
        {"train",
         {{"batch_size", 4},
          {"steps", 3},
          {"ema", 0.5},
          {"memory_gib", 1},
          {"schedule", {{"warmup_steps", 1}, {"base_rate", 0.02}, {"warmup_rate", 0.002}}}}},
        {"eval", {{"score_threshold", 0.001}, {"max_total", 30}}}};
    std::ofstream(root() + "/tiny.json") << config.dump(1);
    made_ = tests::run(tests::program("ssdtrain").string() + " --config " + root() +
                       "/tiny.json --device cpu --output-dir " + root() + "/run");
  }

  std::string root() const { return folder_.path(); }
  std::string checkpoint() const { return root() + "/run/last.safetensors"; }
  std::string images() const { return root() + "/set/images"; }
  std::string validation() const { return root() + "/set/annotations/instances_val.json"; }
  const Outcome& made() const { return made_; }

 private:
  tests::TemporaryFolder folder_;
  Outcome made_;
};

const Trained& trained() {
  static const Trained model;
  INFO(model.made().err);
  REQUIRE(model.made().exit_code == 0);
  REQUIRE(fs::exists(model.checkpoint()));
  return model;
}

Outcome detect(const std::string& arguments) {
  return tests::run(tests::program("ssddetect").string() + " --checkpoint " +
                    trained().checkpoint() + " --device cpu " + arguments);
}

Outcome evaluate(const std::string& arguments) {
  return tests::run(tests::program("ssdeval").string() + " " + arguments);
}

void check_refused(const Outcome& outcome, int code) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
}

// Boxes as they compare between programs: image by name, class by id, box, score.
using Box = std::tuple<std::string, int, std::vector<double>, double>;

// What both programs found in the validation images.
std::vector<Box> boxes_of(const json& results) {
  std::map<int, std::string> names;
  const json labels = json::parse(tests::text_of(trained().validation()));
  for (const json& image : labels.at("images")) names[image.at("id")] = image.at("file_name");
  std::vector<Box> boxes;
  for (const json& r : results)
    boxes.emplace_back(r.contains("file_name") ? fs::path(r["file_name"]).filename().string()
                                               : names.at(r.at("image_id")),
                       r.at("category_id"), r.at("bbox").get<std::vector<double>>(), r.at("score"));
  std::sort(boxes.begin(), boxes.end());
  return boxes;
}

std::string validation_files() {
  std::string files;
  const json labels = json::parse(tests::text_of(trained().validation()));
  for (const json& image : labels.at("images"))
    files += " " + trained().images() + "/" + image.at("file_name").get<std::string>();
  return files;
}

}  // namespace

TEST_CASE("ssddetect prints COCO results with names, and draws pictures") {
  tests::TemporaryFolder folder;
  const std::string pictures = folder.path() / "a/b";
  const Outcome found =
      detect(validation_files() + " --score-threshold 0.001 --batch 3 --max 7 -o " + pictures);
  INFO(found.err);
  REQUIRE(found.exit_code == 0);
  CHECK(found.err.starts_with("ssddetect: 4 images in "));
  CHECK(found.err.ends_with(" images/s, with reading and writing\n"));
  CHECK(std::count(found.err.begin(), found.err.end(), '\n') == 1);
  const json results = json::parse(found.out);
  REQUIRE(results.size() == 4 * 7);
  for (size_t i = 0; i < results.size(); ++i) {
    const json& r = results[i];
    CHECK(r.at("image_id") == i / 7 + 1);
    CHECK(fs::exists(r.at("file_name").get<std::string>()));
    const int category = r.at("category_id");
    CHECK(r.at("category") ==
          std::vector<std::string>{"circle", "square", "triangle"}.at(size_t(category) - 1));
    CHECK(r.at("score") > 0.001);
    if (i % 7 > 0) CHECK(r.at("score") <= results[i - 1].at("score"));
    const std::vector<double> b = r.at("bbox");
    CHECK((b[0] >= 0 && b[1] >= 0 && b[0] + b[2] <= 96.001 && b[1] + b[3] <= 80.001));
  }
  int drawn = 0;
  for (const auto& entry : fs::directory_iterator(pictures)) {
    const data::Picture picture = tests::read_image(entry.path());
    const data::Picture plain =
        tests::read_image(fs::path(trained().images()) / entry.path().filename());
    CHECK(tests::mean_difference(plain, picture) > 1);
    ++drawn;
  }
  CHECK(drawn == 4);
}

TEST_CASE("ssddetect and ssdeval find the same boxes, whatever the batch") {
  tests::TemporaryFolder folder;
  const std::string saved = folder.path() / "saved.json", results = folder.path() / "found.json";
  const Outcome evaluated = evaluate("--checkpoint " + trained().checkpoint() +
                                     " --device cpu --json --save-detections " + saved);
  INFO(evaluated.err);
  REQUIRE(evaluated.exit_code == 0);
  const Outcome found =
      detect(validation_files() + " --score-threshold 0.001 --batch 4 --json " + results);
  REQUIRE(found.exit_code == 0);
  CHECK(found.out == "4 images, 120 boxes: " + results + "\n");
  const auto expected = boxes_of(json::parse(tests::text_of(saved)));
  REQUIRE(expected.size() == 120);
  CHECK(boxes_of(json::parse(tests::text_of(results))) == expected);

  const Outcome one = detect(validation_files() + " --score-threshold 0.001 --batch 1");
  CHECK(json::parse(one.out).size() == 120);
  CHECK(json::parse(detect(validation_files() + " --score-threshold 1").out).empty());
}

TEST_CASE("ssdeval on a checkpoint gives the metrics of the run, and of its own results file") {
  tests::TemporaryFolder folder;
  const std::string saved = folder.path() / "saved.json", rows = folder.path() / "rows.csv";
  const std::string model = "--checkpoint " + trained().checkpoint() + " --device cpu ";
  const Outcome own =
      evaluate(model + "--json --per-class " + rows + " --save-detections " + saved);
  INFO(own.err);
  REQUIRE(own.exit_code == 0);
  json of_run = json::parse(tests::text_of(trained().root() + "/run/metrics.json"));
  CHECK(of_run.erase("step") == 1);
  CHECK(json::parse(own.out) == of_run);
  CHECK(tests::text_of(rows).starts_with("id,name,AP,"));
  const Outcome again =
      evaluate("--annotations " + trained().validation() + " --detections " + saved + " --json");
  CHECK(again.out == own.out);

  const Outcome elsewhere = evaluate(model + "--json --annotations " + trained().validation() +
                                     " --images " + trained().images());
  CHECK(elsewhere.out == own.out);
  const Outcome configured =
      evaluate(model + "--json --config " + trained().root() + "/tiny.json eval.batch_size=4");
  CHECK(configured.out == own.out);
  const Outcome fewer = evaluate(model + "--json eval.max_total=2");
  CHECK(json::parse(fewer.out).at("detections") == 8);
  CHECK(evaluate(model).out.starts_with(" Average Precision  (AP) @[ IoU=0.50:0.95"));
}

TEST_CASE("folders, sorted and not recursive; unreadable images are named, the others go on") {
  tests::TemporaryFolder folder;
  const std::string root = folder.path();
  fs::create_directories(root + "/in/below");
  const fs::path some = trained().images() + "/000001.jpg";
  data::write_image(root + "/in/b.png", tests::read_image(some));
  for (const char* name : {"c.JPG", "a.jpeg", "below/x.jpg", "notes.txt", "d.webp"})
    fs::copy_file(some, root + "/in/" + name);
  const std::string whole = tests::text_of(some);
  std::ofstream(root + "/in/broken.jpg") << whole.substr(0, whole.size() / 2);
  std::ofstream(root + "/in/empty.png");

  const Outcome found = detect(root + "/in " + root +
                               "/none.jpg --score-threshold 0.001 --max 1 "
                               "-o " +
                               root + "/out");
  CHECK(found.exit_code == 3);
  CHECK(std::count(found.err.begin(), found.err.end(), '\n') == 5);
  CHECK(found.err.find("left out: 1 image in sub-folders (--recursive takes them), 1 picture of "
                       "formats that are not read (.webp 1)") != std::string::npos);
  for (const char* name : {"/in/broken.jpg", "/in/empty.png", "/none.jpg"})
    CHECK(found.err.find("ssddetect: " + root + name + ":") != std::string::npos);
  const json results = json::parse(found.out);
  REQUIRE(results.size() == 3);
  CHECK(results[0].at("file_name") == root + "/in/a.jpeg");
  CHECK(results[1].at("file_name") == root + "/in/b.png");
  CHECK(results[1].at("image_id") == 2);
  CHECK(results[2].at("file_name") == root + "/in/c.JPG");
  CHECK(results[2].at("image_id") == 4);
  for (const char* name : {"/out/a.jpg", "/out/b.png", "/out/c.jpg"})
    CHECK(fs::exists(root + name));

  fs::create_directories(root + "/none");
  const Outcome beside = detect(root + "/none " + root + "/in/below");
  CHECK(beside.exit_code == 0);
  CHECK_THAT(beside.err, Catch::Contains("ssddetect: note: no image in " + root + "/none\n"));

  const Outcome all = detect(root + "/in --recursive --score-threshold 0.001 --max 1");
  const json deep = json::parse(all.out);
  REQUIRE(deep.size() == 4);
  CHECK(deep[2].at("file_name") == root + "/in/below/x.jpg");

  const std::string before = tests::text_of(root + "/in/b.png");
  check_refused(detect(root + "/in/b.png -o " + root + "/in"), 2);
  CHECK(tests::text_of(root + "/in/b.png") == before);
}

TEST_CASE("ssddetect takes a list of images from standard input") {
  tests::TemporaryFolder folder;
  const std::string list = folder.path() / "list", first = trained().images() + "/000001.jpg",
                    second = trained().images() + "/000002.jpg";
  std::ofstream(list) << first << "\r\n\n" << second;  // with empty lines, and none at the end
  const Outcome found = detect("- --score-threshold 0.001 --max 1 < " + list);
  INFO(found.err);
  REQUIRE(found.exit_code == 0);
  const json results = json::parse(found.out);
  REQUIRE(results.size() == 2);
  CHECK((results[0].at("file_name") == first && results[1].at("file_name") == second));
  CHECK((results[0].at("image_id") == 1 && results[1].at("image_id") == 2));
  std::ofstream(list) << "\xef\xbb\xbf" << first << "\n";  // as Windows editors save it
  CHECK(detect("- < " + list).exit_code == 0);
  std::ofstream(list, std::ios::binary) << "\xff\xfe" << std::string("a\0\n\0", 4);
  const Outcome wide = detect("- < " + list);
  check_refused(wide, 3);
  CHECK(wide.err.find("UTF-16") != std::string::npos);
  std::ofstream(list) << std::string(5000, 'x');
  check_refused(detect("- < " + list), 3);
  std::ofstream(list) << "";
  check_refused(detect("- < " + list), 2);
}

TEST_CASE("an output never replaces the checkpoint that was taken from a run's folder") {
  tests::TemporaryFolder folder;
  const std::string run = folder.path() / "run", file = run + "/best.safetensors";
  fs::create_directory(run);
  fs::copy_file(trained().checkpoint(), file);
  const std::string before = tests::text_of(file),
                    model = " --checkpoint " + run + " --device cpu ";
  const Outcome found = tests::run(tests::program("ssddetect").string() + model +
                                   trained().images() + " --overwrite --json " + file);
  const Outcome evaluated = evaluate(model + "--overwrite --save-detections " + file);
  for (const Outcome& outcome : {found, evaluated}) {
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.err.find("is an input, which is never replaced") != std::string::npos);
  }
  CHECK(tests::text_of(file) == before);
}

TEST_CASE("ssddetect keeps the wanted classes, which others cannot crowd out") {
  const std::string few = validation_files() + " --score-threshold 0.001 --max 5 ";
  for (const std::string name : {"circle", "triangle"}) {
    const Outcome found = detect(few + "--classes " + name);
    INFO(found.err);
    REQUIRE(found.exit_code == 0);
    const json results = json::parse(found.out);
    CHECK(results.size() == 4 * 5);
    for (const json& r : results) CHECK(r.at("category") == name);
  }
  CHECK(detect(few + "--classes circle,square,triangle").out == detect(few).out);
  const Outcome near = detect(few + "--classes circle,squar");
  check_refused(near, 2);
  CHECK(near.err ==
        "ssddetect: --classes: the model has no class 'squar', did you mean "
        "'square'?\n");
  check_refused(detect(few + "--classes zebra"), 2);
  check_refused(detect(few + "--classes"), 2);
  check_refused(detect(few + "--classes ,"), 2);
}

TEST_CASE("ssddetect --iou says how far boxes may overlap, --agnostic for all classes") {
  const std::string image = trained().images() + "/000001.jpg --score-threshold 0.001 --max 100 ";
  const auto boxes = [&](const std::string& more) {
    const Outcome found = detect(image + more);
    INFO(found.err);
    REQUIRE(found.exit_code == 0);
    return json::parse(found.out);
  };
  const auto overlap = [](const json& a, const json& b) {
    const std::vector<double> p = a.at("bbox"), q = b.at("bbox");
    const double width = std::min(p[0] + p[2], q[0] + q[2]) - std::max(p[0], q[0]);
    const double height = std::min(p[1] + p[3], q[1] + q[3]) - std::max(p[1], q[1]);
    if (width <= 0 || height <= 0) return 0.;
    return width * height / (p[2] * p[3] + q[2] * q[3] - width * height);
  };
  CHECK(boxes("--iou 0.1").size() < boxes("--iou 0.9").size());
  const json kept = boxes("--iou 0.3 --agnostic");
  CHECK(kept.size() < boxes("--iou 0.3").size());
  // The rule is about boxes before they are cut at the image's border.
  const auto inside = [](const json& a) {
    const std::vector<double> b = a.at("bbox");
    return b[0] > 0 && b[1] > 0 && b[0] + b[2] < 95.999 && b[1] + b[3] < 79.999;
  };
  size_t pairs = 0, across = 0;
  for (size_t i = 0; i < kept.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      if (inside(kept[i]) && inside(kept[k])) {
        CHECK(overlap(kept[i], kept[k]) <= 0.3001);
        ++pairs;
      }
  CHECK(pairs > 0);
  const json by_class = boxes("--iou 0.3");
  for (size_t i = 0; i < by_class.size(); ++i)
    for (size_t k = 0; k < i; ++k) across += overlap(by_class[i], by_class[k]) > 0.4;
  CHECK(across > 0);
  for (const char* words : {"--iou 1.1", "--iou -1", "--iou nan", "--iou x", "--agnostic=3"})
    check_refused(detect(image + words), 2);
}

TEST_CASE("checkpoints that are absent or damaged are exit code 4, wrong words 2") {
  tests::TemporaryFolder folder;
  const std::string root = folder.path(), image = trained().images() + "/000001.jpg";
  std::string bytes = tests::text_of(trained().checkpoint());
  bytes[bytes.size() / 2] ^= 4;
  std::ofstream(root + "/flipped", std::ios::binary) << bytes;
  std::ofstream(root + "/cut", std::ios::binary) << bytes.substr(0, bytes.size() - 100);
  std::ofstream(root + "/text", std::ios::binary) << "not a checkpoint";
  for (const char* name : {"/none", "/flipped", "/cut", "/text"}) {
    INFO(name);
    const std::string checkpoint = " --checkpoint " + root + name;
    check_refused(tests::run(tests::program("ssddetect").string() + checkpoint + " " + image), 4);
    check_refused(evaluate(checkpoint), 4);
  }
  fs::create_directory(root + "/empty");
  for (const std::string& words :
       {std::string(), root + "/empty", image + " --batch 0", image + " --max none",
        image + " --score-threshold 2", image + " --scores 1", image + " --threads -1"}) {
    INFO(words);
    check_refused(detect(words), 2);
  }
  check_refused(tests::run(tests::program("ssddetect").string() + " " + image), 2);

  const std::string model = "--checkpoint " + trained().checkpoint() + " ";
  const std::string truth = "--annotations " + trained().validation() + " ";
  for (const std::string& words :
       {std::string(), truth, model + truth + "--detections x.json", truth + "--device cpu",
        std::string("--detections x.json"), truth + "--detections x.json --device cpu",
        truth + "--detections x.json eval.max_total=3", model + "--images " + root,
        model + "model.head_depth=2", model + "eval.no_such=2", model + "word"}) {
    INFO(words);
    check_refused(evaluate(words), 2);
  }
  check_refused(evaluate(model + "--annotations " + root + "/none.json"), 3);
}
