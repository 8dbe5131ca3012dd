// What ssddetect writes beside its results: crops, label files, pictures with the ground truth; and
// how much memory it takes.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "data/image/image_file.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/picture.h"
#include "tests/support/tools/edited_data.h"
#include "tools/detect/picture_parts.h"

namespace fs = std::filesystem;
using Catch::Contains;
using nlohmann::json;
using tests::annotations_of, tests::Outcome, tests::TrainingPlace, tests::text_of;

namespace {

constexpr const char* kImages = "data/images/000005.jpg data/images/000006.jpg ";

// A drawn data set and a model of it, whose boxes are poor; what is written goes to w/.
class Place : public TrainingPlace {
 public:
  Place() : TrainingPlace(4, 2) {
    const Outcome trained = train("run", "train.steps=1 eval.every_steps=0");
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
  }
  Outcome detect(const std::string& arguments, const std::string& before = "",
                 double least_score = 0.001) const {
    return tests::run(fmt::format(
        "cd {} && {} OMP_NUM_THREADS=1 {} --checkpoint run/last.safetensors --device cpu "
        "--score-threshold {} --max 3 {}",
        at(""), before, tests::program("ssddetect").string(), least_score, arguments));
  }
  json found(const std::string& arguments) const {
    const Outcome outcome = detect(arguments);
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    return json::parse(outcome.out);
  }
};

const Place& place() {
  static const Place one;
  fs::remove_all(one.at("w"));
  return one;
}

// Files in a folder and below it.
std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> names;
  if (fs::exists(folder))
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (!entry.is_directory()) names.insert(fs::relative(entry.path(), folder).string());
  return names;
}

void check_refused(const Outcome& outcome, int code, const std::string& because) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains(because));
}

data::Picture left_half(const data::Picture& p) {
  return tools::crop(p, {0, 0, p.width / 2., double(p.height)});
}
data::Picture right_half(const data::Picture& p) {
  return tools::crop(p, {p.width / 2., 0, p.width / 2., double(p.height)});
}

}  // namespace

TEST_CASE("pictures are cut at rounded edges inside the picture, and put side by side") {
  const data::Picture picture = tests::picture(20, 10);
  const auto size = [&](const data::Rectangle& area) {
    const data::Picture part = tools::crop(picture, area);
    CHECK(part.rgb.size() == size_t(3 * part.width * part.height));
    return std::pair(part.width, part.height);
  };
  CHECK(size({0, 0, 20, 10}) == std::pair(20, 10));
  CHECK(size({1.4, 2.6, 5, 3}) == std::pair(5, 3));
  CHECK(size({-5, -5, 100, 100}) == std::pair(20, 10));
  CHECK(size({19.9, 9.9, 0.01, 0.01}) == std::pair(1, 1));
  CHECK(size({500, 500, 3, 3}) == std::pair(1, 1));
  CHECK(size({3, 3, 0, 0}) == std::pair(1, 1));
  const data::Picture both = tools::side_by_side(tools::crop(picture, {0, 0, 7, 10}),
                                                 tools::crop(picture, {7, 0, 13, 10}));
  CHECK(both.rgb == picture.rgb);
}

TEST_CASE("--save-crops writes a picture of each box into the folder of its class") {
  const Place& p = place();
  const json boxes = p.found(std::string(kImages) + "--save-crops w");
  REQUIRE(boxes.size() == 6);
  std::set<std::string> expected;
  for (size_t i = 0; i < boxes.size(); ++i) {
    const std::string stem = fs::path(boxes[i]["file_name"].get<std::string>()).stem().string();
    const std::string name =
        fmt::format("{}/{}_{}.jpg", boxes[i]["category"].get<std::string>(), stem, i % 3 + 1);
    expected.insert(name);
    const data::Picture crop = tests::read_image(p.at("w/" + name));
    const std::vector<double> b = boxes[i]["bbox"];
    CHECK(std::abs(crop.width - b[2]) <= 1);
    CHECK(std::abs(crop.height - b[3]) <= 1);
    const data::Picture whole = tests::read_image(p.at(boxes[i]["file_name"]));
    CHECK(tests::mean_difference(crop, tools::crop(whole, {b[0], b[1], b[2], b[3]})) < 8);
  }
  CHECK(files_in(p.at("w")) == expected);
  check_refused(p.detect(std::string(kImages) + "--save-crops w"), 2, "exists");
  const Outcome same = p.detect(std::string(kImages) + "--save-crops w --overwrite");
  CHECK(same.exit_code == 0);
  CHECK_THAT(same.err, !Contains("note: "));
  CHECK(files_in(p.at("w")) == expected);

  // Somebody's own files are not counted, and nothing is removed.
  const std::string folder = fs::path(*expected.begin()).parent_path();
  for (const char* own : {"/000005_.jpg", "/000005_1.gif", "/000005.jpg", "/other_1.jpg"})
    expected.insert(folder + own), tests::write_text(p.at("w/" + folder + own), "mine");
  const Outcome fewer = p.detect(std::string(kImages) + "--save-crops w --overwrite", "", 1.0);
  CHECK(fewer.exit_code == 0);
  CHECK_THAT(fewer.err, Contains("ssddetect: note: 6 crops of an earlier run stay in w, of boxes "
                                 "that were not found now, such as w/"));
  CHECK(files_in(p.at("w")) == expected);
}

TEST_CASE("crops of images with one name are kept apart, and their folders are theirs alone") {
  const Place& p = place();
  fs::create_directories(p.at("other"));
  fs::copy_file(p.at("data/images/000005.jpg"), p.at("other/000005.jpg"),
                fs::copy_options::overwrite_existing);
  p.found("data/images/000005.jpg other/000005.jpg --save-crops w");
  CHECK(files_in(p.at("w")).size() == 6);
  fs::remove_all(p.at("w"));
  const std::string category = annotations_of(p, "val")["categories"][0]["name"];
  for (const std::string option : {"-o", "--save-txt"})
    check_refused(p.detect(fmt::format("{}--save-crops w {} ./w/{}", kImages, option, category)), 2,
                  "and --save-crops would both write into");
  CHECK_FALSE(fs::exists(p.at("w")));
}

TEST_CASE("--save-txt writes YOLO's lines with scores, also where nothing is found") {
  const Place& p = place();
  const json boxes = p.found(std::string(kImages) + "--save-txt w");
  REQUIRE(boxes.size() == 6);
  CHECK(files_in(p.at("w")) == std::set<std::string>{"000005.txt", "000006.txt", "classes.txt"});
  std::vector<std::string> classes;
  std::istringstream names(text_of(p.at("w/classes.txt")));
  for (std::string name; std::getline(names, name);) classes.push_back(name);
  size_t next = 0;
  for (const char* file : {"w/000005.txt", "w/000006.txt"}) {
    std::istringstream lines(text_of(p.at(file)));
    for (std::string line; std::getline(lines, line); ++next) {
      std::istringstream words(line);
      std::vector<double> v(6);
      for (double& value : v) REQUIRE(words >> value);
      CHECK(words.eof());
      const std::vector<double> b = boxes.at(next)["bbox"];
      CHECK(classes.at(size_t(v[0])) == boxes[next]["category"].get<std::string>());
      for (const auto& [value, expected] : {std::pair(v[1], (b[0] + b[2] / 2) / 96),
                                            {v[2], (b[1] + b[3] / 2) / 96},
                                            {v[3], b[2] / 96},
                                            {v[4], b[3] / 96},
                                            {v[5], boxes[next]["score"].get<double>()}})
        CHECK(std::abs(value - expected) < 1e-5);
    }
  }
  CHECK(next == 6);
  const Outcome none = p.detect(std::string(kImages) + "--save-txt w --overwrite", "", 1);
  CHECK(json::parse(none.out).empty());
  CHECK(text_of(p.at("w/000005.txt")).empty());
}

TEST_CASE("label files of other classes are never left beside a new classes.txt") {
  const Place& p = place();
  fs::create_directories(p.at("w"));
  const auto write = [&](const char* name, const std::string& text) {
    base::write_file(p.at(std::string("w/") + name), text);
  };
  const std::string command = std::string(kImages) + "--save-txt w --overwrite";
  write("old.txt", "7 0.5 0.5 0.1 0.1\n");
  check_refused(p.detect(command), 2, "w/old.txt is a label file, and w/classes.txt is missing");
  check_refused(p.detect("- --json-lines --save-txt w < /dev/null"), 2,
                "w/old.txt is a label file");
  write("classes.txt", "other\n");
  check_refused(p.detect(command), 2, "w/classes.txt lists other classes than the model has");
  check_refused(p.detect(std::string(kImages) + "--save-txt w"), 2,  // no advice to --overwrite
                "w/classes.txt lists other classes than the model has");
  CHECK(files_in(p.at("w")) == std::set<std::string>{"classes.txt", "old.txt"});
  for (const char* text : {"", "notes about 5 photos\n", "1 2 3\n"}) {  // no box
    fs::remove_all(p.at("w"));
    fs::create_directories(p.at("w"));
    write("old.txt", text);
    write("classes.txt", "other\n");
    CHECK(p.detect(command).exit_code == 0);
  }
  REQUIRE(::mkfifo(p.at("w/pipe.txt").c_str(), 0600) == 0);  // nobody waits for it
  write("classes.txt", "other\n");
  CHECK(p.detect(command).exit_code == 2);
  fs::remove_all(p.at("w"));
  CHECK(p.detect(command).exit_code == 0);
  write("old.txt", "0 0.5 0.5 0.1 0.1\n");  // of these classes now
  CHECK(p.detect(command).exit_code == 0);
}

TEST_CASE("labels that somebody made are never replaced by detections") {
  const Place& p = place();
  fs::create_directories(p.at("w"));
  const std::string command = std::string(kImages) + "--save-txt w --overwrite";
  REQUIRE(p.detect(command).exit_code == 0);
  REQUIRE(p.detect(command).exit_code == 0);  // those of an earlier run are
  const std::string made = "0 0.5 0.5 0.1 0.1\n0 0.2 0.2 0.1 0.1\n";
  base::write_file(p.at("w/000006.txt"), made);
  check_refused(p.detect(command), 2, "w/000006.txt holds labels without scores");
  CHECK(text_of(p.at("w/000006.txt")) == made);
}

TEST_CASE("results stay if no image can be read") {
  const Place& p = place();
  fs::create_directories(p.at("w"));
  REQUIRE(p.detect(std::string(kImages) + "--json w/all.json").exit_code == 0);
  const std::string results = text_of(p.at("w/all.json"));
  for (const char* misspelt : {"nothere/", "nothere.jpg", "run/config.json"}) {
    const Outcome o = p.detect(std::string(misspelt) + " --json w/all.json --overwrite");
    CAPTURE(o.err);
    CHECK(o.exit_code != 0);
    CHECK((text_of(p.at("w/all.json")) == results));
  }
  CHECK_THAT(p.detect("nothere.jpg --json w/all.json --overwrite").err,
             Contains("no image was read, so w/all.json keeps what it has"));
}

TEST_CASE("what is written of images with one name has the same number") {
  const Place& p = place();
  const data::Picture picture = tests::read_image(p.at("data/images/000005.jpg"));
  fs::create_directories(p.at("other"));
  for (const char* name : {"same.png", "same.jpg", "other/same.png", "classes.png"})
    data::write_image(p.at(name), picture);
  const std::vector<std::string> images{"same.jpg", "same.png", "other/same.png"};
  const json boxes =
      p.found("same.jpg same.png other/same.png -o w --save-txt w --save-crops w/crops");
  REQUIRE(boxes.size() == 3 * images.size());
  std::set<std::string> expected{"classes.txt"};
  for (size_t i = 0; i < images.size(); ++i) {
    const std::string stem = i == 0 ? "same" : fmt::format("same_{}", i + 1);
    const std::string ending = fs::path(images[i]).extension().string();
    expected.insert({stem + ending, stem + ".txt"});
    for (size_t k = 0; k < 3; ++k)
      expected.insert(fmt::format("crops/{}/{}_{}{}",
                                  boxes[3 * i + k]["category"].get<std::string>(), stem, k + 1,
                                  ending));
  }
  CHECK(files_in(p.at("w")) == expected);
  fs::remove_all(p.at("w"));
  check_refused(p.detect("classes.png --save-txt w"), 3, "would both be written to");
  CHECK_FALSE(fs::exists(p.at("w")));
}

TEST_CASE("names of classes never lead out of the crops' folder") {
  TrainingPlace other(4, 2);
  std::string overrides;
  const std::vector<std::string> names{"../../up", "/abs/path", ".."};
  for (const char* part : {"train", "val"}) {
    json data = annotations_of(other, part);
    for (size_t i = 0; i < data["categories"].size(); ++i)
      data["categories"][i]["name"] = i < names.size() ? names[i] : fmt::format("c{}", i);
    overrides += tests::use_annotations(other, part, std::string("odd_") + part, data);
  }
  REQUIRE(other.train("run", "train.steps=1 eval.every_steps=0" + overrides).exit_code == 0);
  const std::set<std::string> before = files_in(other.at(""));
  const Outcome outcome = tests::run(fmt::format(
      "cd {} && {} --checkpoint run/last.safetensors --device cpu --score-threshold 0 --max 10000 "
      "data/images/000001.jpg --save-crops w/x/y",
      other.at(""), tests::program("ssddetect").string()));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const json boxes = json::parse(outcome.out);
  std::set<std::string> seen;
  for (const json& box : boxes) seen.insert(box["category"].get<std::string>());
  for (const std::string& name : names) CHECK(seen.contains(name));
  size_t written = 0;
  for (const std::string& file : files_in(other.at("")))
    if (!before.contains(file)) {
      CHECK(file.starts_with("w/x/y/"));
      ++written;
    }
  CHECK(written == boxes.size());
}

TEST_CASE("--ground-truth shows the labels of any format beside what was found") {
  const Place& p = place();
  const std::string val = "data/annotations/instances_val.json";
  const Outcome converted = tests::run(
      fmt::format("cd {} && {} convert --annotations {} --images data/images --to-voc t/voc "
                  "--to-yolo t/yolo --to-images t/voc --to-records t/set --overwrite && cp -r "
                  "t/voc/*.jpg t/yolo",
                  p.at(""), tests::program("ssddata").string(), val));
  INFO(converted.err);
  REQUIRE(converted.exit_code == 0);
  p.found(std::string(kImages) + "-o w/plain");
  const data::Picture found = tests::read_image(p.at("w/plain/000005.jpg"));
  const data::Picture image = tests::read_image(p.at("data/images/000005.jpg"));
  std::vector<data::Picture> pictures;
  for (const std::string& truth : {val, std::string("t/voc"), std::string("t/yolo"),
                                   std::string("t/set.record-00000-of-00001")}) {
    INFO(truth);
    p.found(fmt::format("{}-o w/beside --overwrite --ground-truth {}", kImages, truth));
    pictures.push_back(tests::read_image(p.at("w/beside/000005.jpg")));
    const data::Picture& both = pictures.back();
    REQUIRE(both.width == 2 * image.width);
    CHECK(tests::mean_difference(left_half(both), image) > 1);
    CHECK(tests::mean_difference(left_half(both), right_half(both)) > 1);
    CHECK(tests::mean_difference(right_half(both), found) <
          tests::mean_difference(right_half(both), image));
  }
  for (const data::Picture& picture : pictures)
    CHECK(tests::mean_difference(left_half(picture), left_half(pictures[0])) < 1);
}

TEST_CASE("--ground-truth of a data.yaml fits copies of its images in another folder") {
  const Place& p = place();
  const Outcome made = tests::run(fmt::format(
      "cd {} && {} convert --annotations data/annotations/instances_val.json --images data/images "
      "--to-yolo y/labels/val --overwrite && mkdir -p y/images/val copies && cp "
      "data/images/00000[56]"
      ".jpg y/images/val && cp data/images/00000[56].jpg copies && ls -d y/images/val/* | sed "
      "s,y/,./, > y/val.txt",
      p.at(""), tests::program("ssddata").string()));
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  std::string names;
  const json set = annotations_of(p, "val");
  for (const json& c : set["categories"]) names += "  - " + c["name"].get<std::string>() + "\n";
  REQUIRE(p.detect("copies --json copies.json --overwrite").exit_code == 0);
  for (const char* val : {"images/val", "val.txt"}) {
    CAPTURE(val);
    tests::write_text(p.at("y/data.yaml"),
                      fmt::format("train: {0}\nval: {0}\nnames:\n{1}", val, names));
    const Outcome o = p.detect("copies -o w/copies --overwrite --ground-truth y/data.yaml");
    INFO(o.err);
    CHECK(o.exit_code == 0);
    CHECK_THAT(o.err, !Contains("not in the ground truth"));
    const Outcome evaluated =
        tests::run(fmt::format("cd {} && {} --yolo y/data.yaml --detections copies.json", p.at(""),
                               tests::program("ssdeval").string()));
    INFO(evaluated.err);
    CHECK(evaluated.exit_code == 0);
  }
}

TEST_CASE("--ground-truth that does not fit is told") {
  const Place& p = place();
  const std::string val = "--ground-truth data/annotations/instances_val.json ";
  const Outcome other = p.detect("data/images/000001.jpg data/images/000005.jpg -o w " + val);
  INFO(other.err);
  CHECK(other.exit_code == 0);
  CHECK_THAT(other.err, Contains("ssddetect: not in the ground truth: 1 of 2 images; not among the "
                                 "images: 1 of the 2 in the ground truth\n"));
  const Outcome whole = p.detect(std::string(kImages) + "-o w --overwrite " + val);
  CHECK(whole.err.find("ground truth") == std::string::npos);
  check_refused(p.detect(kImages + val), 2, "--ground-truth needs");
  check_refused(p.detect(std::string(kImages) + "-o v --ground-truth none.json"), 3,
                "none.json does not exist");
  check_refused(p.detect(std::string(kImages) + "-o v --split val"), 2, "--split needs");
  fs::create_directories(p.at("nameless"));
  tests::write_text(p.at("nameless/000005.txt"), "0 0.5 0.5 0.1 0.1\n");
  const Outcome nameless = p.detect(std::string(kImages) + "-o v --ground-truth nameless");
  check_refused(nameless, 3, "put the class names into its classes.txt");
  CHECK(nameless.err.find("`names`") == std::string::npos);
  check_refused(p.detect(std::string(kImages) +
                         "--json data/annotations/instances_val.json "
                         "--overwrite -o v " +
                         val),
                2, "is an input");
  CHECK_FALSE(fs::exists(p.at("v")));
}

TEST_CASE("detection takes the memory that a batch needs, and no more than it may") {
  const Place& p = place();
  fs::create_directories(p.at("w"));
  for (int i = 0; i < 120; ++i)
    fs::create_hard_link(p.at("data/images/000005.jpg"), p.at(fmt::format("w/{}.jpg", i)));
  const Outcome refused = p.detect("w --memory-gib 0.001 --batch 100");
  check_refused(refused, 6, "--batch=100 needs ");
  CHECK_THAT(refused.err, Contains("1.0 MiB are free") && Contains("--memory-gib"));
  check_refused(p.detect(std::string(kImages) + "--memory-gib 0"), 2, "--memory-gib");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const Outcome small = p.detect(kImages, "ulimit -v 700000;");  // KiB; it once took gigabytes
  INFO(small.err);
  CHECK(small.exit_code == 0);
#endif
}
