// Names out of data and names that meet: what `ssddata convert` writes under them.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "data/formats/coco.h"
#include "data/formats/label_map.h"
#include "data/formats/tf_dataset.h"
#include "data/image/image_file.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome;

namespace {

// A COCO file and pictures with the given names, one box in each.
class Set {
 public:
  explicit Set(const std::vector<std::string>& names) {
    dataset_.image_folder = at("images");
    dataset_.categories = {{1, "person"}};
    for (const std::string& name : names) {
      const fs::path path = fs::path(at("images")) / name;
      fs::create_directories(path.parent_path());
      data::write_image(path, tests::picture(40, 30));
      add(name);
    }
    data::write_coco(at("a.json"), dataset_);
  }

  // Records whose images have these names, whatever they are.
  std::string records(const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); ++i) dataset_.images.at(i).file_name = names[i];
    const std::string real = at("images") + "/0.jpg";
    data::Dataset named = dataset_;
    named.shards = {real};
    for (data::ImageEntry& image : named.images) {
      image.shard = 0;
      image.bytes = fs::file_size(real);
    }
    data::write_tfrecords(named, at("r"), 1);
    return at("r.record-00000-of-00001");
  }

  // Writes the COCO file anew, with these classes.
  void name_classes(const std::vector<std::string>& names) {
    dataset_.categories.clear();
    for (const std::string& name : names)
      dataset_.categories.push_back({int64_t(dataset_.categories.size() + 1), name});
    data::write_coco(at("a.json"), dataset_);
  }

  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome convert(const std::string& arguments) const {
    return tests::run(fmt::format("cd {} && {} convert {}", folder_.path().string(),
                                  tests::program("ssddata").string(), arguments));
  }
  std::set<std::string> files() const {
    std::set<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path()))
      all.insert(entry.path().lexically_relative(folder_.path()).string());
    return all;
  }

 private:
  void add(const std::string& name) {
    data::ImageEntry image{.id = int64_t(dataset_.images.size() + 1), .width = 40, .height = 30};
    image.file_name = name;
    image.first_object = uint32_t(dataset_.objects.size());
    image.object_count = 1;
    dataset_.objects.push_back(
        {.id = image.id, .x = 2, .y = 3, .width = 10, .height = 8, .area = 80});
    dataset_.images.push_back(image);
  }

  tests::TemporaryFolder folder_;
  data::Dataset dataset_;
};

// How many lines are no notes of what a reader assumed.
int64_t errors_in(const std::string& text) {
  std::istringstream lines(text);
  int64_t count = 0;
  for (std::string line; std::getline(lines, line);) count += !line.starts_with("ssddata: note: ");
  return count;
}

// Exit code 3, one line with all of these words, and nothing new on the disk.
void check_refused(const Set& set, const std::string& arguments,
                   const std::vector<std::string>& words) {
  const std::set<std::string> before = set.files();
  const Outcome outcome = set.convert(arguments);
  INFO(arguments << ": " << outcome.err);
  CHECK(outcome.exit_code == 3);
  CHECK(outcome.out.empty());
  CHECK(errors_in(outcome.err) == 1);
  for (const std::string& word : words) CHECK_THAT(outcome.err, Contains(word));
  CHECK(set.files() == before);
}

constexpr const char* kInput = "--annotations a.json --images images ";

}  // namespace

TEST_CASE("convert: two images that would have one label file are refused with both names") {
  const Set endings({"a.jpg", "sub/b.png", "sub/b.jpeg"});
  for (const char* to : {"--to-yolo out", "--to-voc out", "--to-coco out.json --to-voc out"})
    check_refused(endings, std::string(kInput) + to, {"sub/b.png", "sub/b.jpeg", "out/sub/b."});
  CHECK(endings.convert(std::string(kInput) + "--to-coco x/out.json --to-images x").exit_code == 0);
  CHECK(endings.files().contains("x/sub/b.jpeg"));

  const Set classes({"classes.jpg"});
  check_refused(classes, std::string(kInput) + "--to-yolo out", {"class names", "classes.jpg"});
  CHECK(classes.convert(std::string(kInput) + "--to-voc out").exit_code == 0);

  const Set folders({"one/1.jpg", "two/1.jpg"});
  REQUIRE(folders.convert(std::string(kInput) + "--to-yolo out --to-voc out").exit_code == 0);
  CHECK(folders.files().contains("out/one/1.txt"));
  CHECK(folders.files().contains("out/two/1.xml"));
}

TEST_CASE("convert: names of records that lead outside write nothing, and check finds them") {
  const std::string absolute = tests::TemporaryFolder().path() / "evil.jpg";
  for (const std::string& name :
       {std::string("../evil.jpg"), absolute, std::string("a/../../evil.jpg"), std::string("..")}) {
    Set set({"0.jpg", "1.jpg"});
    const std::string input = "--records " + set.records({"good.jpg", name}) + " ";
    for (const char* to :
         {"--to-voc v --to-yolo y", "--to-images i", "--to-coco c.json", "--to-records new"})
      check_refused(set, input + to, {"r.record-00000-of-00001:", name});
    CHECK_FALSE(fs::exists(absolute));
    const Outcome checked =
        tests::run(tests::program("ssddata").string() + " check --no-images " + input);
    CHECK(checked.exit_code == 3);
    CHECK_THAT(checked.out, Contains("unsafe_file_name") && Contains(name));
  }
  Set set({"0.jpg", "1.jpg"});
  const std::string input = "--records " + set.records({"good.jpg", ""}) + " ";
  check_refused(set, input + "--to-voc v", {"the image has no name"});
  CHECK(set.convert(input + "--to-coco c.json").exit_code == 0);
}

TEST_CASE("convert: records of two folders with equal names are refused") {
  Set set({"0.jpg", "1.jpg"});
  const std::string input = "--records " + set.records({"img.jpg", "./img.jpg"}) + " ";
  check_refused(set, input + "--to-images i", {"\"img.jpg (", "\"./img.jpg (", "i/"});
  check_refused(set, input + "--to-yolo y", {"img.jpg (", "would both be written to"});
}

TEST_CASE("convert: a link in the output folder does not lead out of it") {
  const Set set({"sub/0.jpg"});
  const tests::TemporaryFolder elsewhere;
  fs::create_directory(set.at("out"));
  fs::create_symlink(elsewhere.path(), set.at("out/sub"));
  for (const char* to : {"--to-images out", "--to-voc out", "--to-yolo out"})
    check_refused(set, std::string(kInput) + to, {"sub/0.", "symbolic link"});
  CHECK(fs::is_empty(elsewhere.path()));
}

TEST_CASE("convert: label files of the input are inputs") {
  const Set set({"a.jpg", "b.jpg"});
  REQUIRE(set.convert(std::string(kInput) + "--to-yolo labels --to-voc labels").exit_code == 0);
  const std::string labels = tests::text_of(set.at("labels/a.txt")),
                    voc = tests::text_of(set.at("labels/a.xml"));
  for (const std::string& arguments :
       {std::string("--yolo labels --images images --to-yolo labels --overwrite"),
        std::string("--voc labels --images images --to-voc labels --overwrite"),
        std::string("--voc labels --images images --to-coco images/b.jpg --overwrite"),
        std::string("--yolo labels --images images --to-coco labels/classes.txt --overwrite")}) {
    const Outcome outcome = set.convert(arguments);
    INFO(arguments << ": " << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains("is an input") || Contains("is the input"));
  }
  CHECK(tests::text_of(set.at("labels/a.txt")) == labels);
  CHECK(tests::text_of(set.at("labels/a.xml")) == voc);
}

TEST_CASE("convert: a name that is too long for a file is refused before anything is written") {
  Set set({"0.jpg", "1.jpg"});
  const std::string longest(251, 'x'), longer(300, 'x');
  const std::string input = "--records " + set.records({"good.jpg", longer + ".jpg"}) + " ";
  for (const char* to :
       {"--to-voc v", "--to-yolo y", "--to-images i", "--to-coco c.json --to-voc v"})
    check_refused(set, input + to, {"has 304 bytes, and that of a file 255 at most", "rename"});
  CHECK(set.convert(input + "--to-coco c.json").exit_code == 0);
  // The longest name that a file may have.
  const std::string fits = "--records " + set.records({"good.jpg", longest + ".jpg"}) + " ";
  CHECK(set.convert(fits + "--to-voc v --to-yolo v --to-images v").exit_code == 0);
  CHECK(set.files().contains("v/" + longest + ".xml"));
  CHECK(set.files().contains("v/" + longest + ".jpg"));
}

TEST_CASE("convert: names of classes that a format cannot hold are refused with the cure") {
  const std::string nul("a\0b", 3);
  struct Case {
    std::string name, option, format;
  };
  for (const Case& c :
       {Case{"bolt\nnut", "--to-yolo", "YOLO's classes.txt holds one name per line"},
        {"bolt\rnut", "--to-yolo", "control characters"},
        {" bolt", "--to-yolo", "no blank at the ends"},
        {"# bolt", "--to-yolo", "YOLO's classes.txt would not be read with this name in it"},
        {"a\x01z", "--to-voc", "VOC's XML holds no control characters"},
        {"bolt\n", "--to-voc", "no blank at the ends"},
        {nul, "--to-voc", "control characters"},
        {nul, "--to-records", "the label map could not be read"}}) {
    Set set({"0.jpg"});
    set.name_classes({"person", c.name});
    check_refused(set, kInput + c.option + " out/x",
                  {"a.json: " + c.option, "class \"", "(id 2)", c.format, "rename the class"});
    CHECK(set.convert(std::string(kInput) + "--to-coco c.json").exit_code == 0);
  }
}

TEST_CASE("convert: names of images that JSON or XML cannot hold are refused at the start") {
  Set set({"0.jpg", "1.jpg"});
  const std::string latin = "--records " + set.records({"good.jpg", "caf\xe9.jpg"}) + " ";
  check_refused(set, latin + "--to-voc v",
                {"--to-voc cannot write the name of image \"caf\\xe9.jpg\" (id 2): VOC's XML ",
                 "holds names in UTF-8 only; rename the image"});
  check_refused(set, latin + "--to-yolo y --to-coco c/c.json", {"COCO's JSON holds names in UTF-"});
  CHECK(set.convert(latin + "--to-yolo y --to-records n").exit_code == 0);
  const std::string control = "--records " + set.records({"good.jpg", "a\x01z.jpg"}) + " ";
  check_refused(set, control + "--to-voc v", {"holds no control characters, which XML forbids"});
  CHECK(set.convert(control + "--to-coco c.json").exit_code == 0);
}

TEST_CASE("convert: odd names of classes that a format can hold come back") {
  const std::vector<std::string> names{"person", "bolt\n \"nut\" \\", "a\x01\tz\x7f", " x "};
  Set set({"0.jpg"});
  set.name_classes(names);
  REQUIRE(set.convert(std::string(kInput) + "--to-records r").exit_code == 0);
  const auto categories = data::load_label_map(set.at("r.label_map.pbtxt")).categories();
  REQUIRE(categories.size() == names.size());
  for (size_t i = 0; i < names.size(); ++i) CHECK(categories[i].name == names[i]);
  set.name_classes({"circle, red", "5\" <disk> & \xc3\xa9"});
  CHECK(set.convert(std::string(kInput) + "--to-voc v --to-yolo y").exit_code == 0);
  CHECK(tests::text_of(set.at("y/classes.txt")) == "circle, red\n5\" <disk> & \xc3\xa9\n");
}
