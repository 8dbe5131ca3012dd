#include <regex>

#include "data/image/image_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::run;

namespace {

std::string ssddata() { return tests::program("ssddata").string(); }

bool one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

}  // namespace

TEST_CASE("ssddata synth, then show: pictures with boxes and a contact sheet") {
  tests::TemporaryFolder temporary;
  std::string root = temporary.path().string();
  auto made = run(ssddata() + " synth " + root + "/set --train 5 --val 3 --width 96 --height 80");
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  std::string show = ssddata() + " show --annotations " + root +
                     "/set/annotations/instances_val.json --images " + root + "/set/images -o ";
  auto shown = run(show + root + "/all");
  INFO(shown.err);
  REQUIRE(shown.exit_code == 0);
  data::Picture plain = tests::read_image(root + "/set/images/000006.jpg");
  data::Picture drawn = tests::read_image(root + "/all/000000000006.jpg");
  CHECK(tests::mean_difference(plain, drawn) > 1);
  CHECK(tests::mean_difference(plain, drawn) < 60);
  data::Picture sheet = tests::read_image(root + "/all/contact_sheet.jpg");
  CHECK(sheet.width == 3 * 100 + 4);

  REQUIRE(run(show + root + "/one --id 7").exit_code == 0);
  CHECK(fs::exists(root + "/one/000000000007.jpg"));
  CHECK_FALSE(fs::exists(root + "/one/000000000006.jpg"));
  REQUIRE(run(show + root + "/some --count 2 --random --seed 4").exit_code == 0);
  CHECK(std::distance(fs::directory_iterator(root + "/some"), fs::directory_iterator()) == 3);
}

TEST_CASE("ssddata show: the augmented images of a configuration, in the network's size") {
  const tests::TrainingPlace place(6, 2);
  const auto show = [&](const std::string& more) {
    return run("cd " + place.at("") + " && " + ssddata() + " show --augmented tiny.json " + more);
  };
  auto shown = show(
      "-o plain --count 4 data.augment.crop.kind=none "
      "data.augment.flip_probability=0");
  INFO(shown.err);
  REQUIRE(shown.exit_code == 0);
  REQUIRE(show("-o flipped --count 4 data.augment.crop.kind=none data.augment.flip_probability=1")
              .exit_code == 0);
  REQUIRE(show("-o all --count 100").exit_code == 0);
  CHECK(std::distance(fs::directory_iterator(place.at("plain")), fs::directory_iterator()) == 5);
  CHECK(std::distance(fs::directory_iterator(place.at("all")), fs::directory_iterator()) == 7);
  const data::Picture plain = tests::read_image(place.at("plain/002.jpg"));
  const data::Picture flipped = tests::read_image(place.at("flipped/002.jpg"));
  CHECK(plain.width == 64);
  CHECK(plain.height == 64);
  CHECK(tests::mean_difference(plain, flipped) > 1);

  const auto wrong = show("-o none data.augment.crop.kind=centre");
  CHECK(wrong.exit_code == 2);
  CHECK(one_line(wrong.err));
  CHECK_FALSE(fs::exists(place.at("none")));
  CHECK(run(ssddata() + " show train.seed=3 -o none").exit_code == 2);
}

TEST_CASE("ssddata synth and split: the help has each range, and errors name option and value") {
  const auto spaced = [](const std::string& text) {
    return std::regex_replace(text, std::regex("\\s+"), " ");
  };
  const std::string help = spaced(run(ssddata() + " synth -h").out);
  for (const char* range :
       {"--train N:INT in [0 - 999999]=400 ", "--val N:INT in [0 - 999999]=80 ",
        "--width N:INT in [32 - 4096]=160 ", "--height N:INT in [32 - 4096]=160 ",
        "--classes N:INT in [1 - 6]=3 ", "--min-objects N:INT in [0 - 100]=1 ",
        "--max-objects N:INT in [0 - 100]=4 ", "--min-size X:FLOAT in [0.05 - 0.9]=0.15 ",
        "--max-size X:FLOAT in [0.05 - 0.9]=0.5 ", "--quality N:INT in [1 - 100]=90 "})
    CHECK_THAT(help, Contains(range));
  CHECK_THAT(spaced(run(ssddata() + " split -h").out),
             Contains("--fraction X=0.2 share of the images that is for validation, above 0"));
  const auto told = [](const std::string& arguments) {
    const tests::Outcome refused = run(ssddata() + " " + arguments);
    CHECK(refused.exit_code == 2);
    return refused.err;
  };
  CHECK(told("synth x --width 20") ==
        "ssddata: --width: expected a number from 32 to 4096, found 20\n");
  CHECK(told("synth x --min-size 1") ==
        "ssddata: --min-size: expected a number from 0.05 to 0.9, found 1\n");
  CHECK(told("synth x --min-objects 9") ==
        "ssddata: --min-objects 9 is above --max-objects 4; give another number for one of them\n");
  CHECK(told("synth x --max-size 0.1") ==
        "ssddata: --min-size 0.15 is above --max-size 0.1; give another number for one of them\n");
  CHECK(told("split --annotations x.json --to-train a --to-val b --fraction 2") ==
        "ssddata: --fraction: expected a number above 0 and below 1, found 2; 2 % is 0.02\n");
}

TEST_CASE("ssddata synth: images without room for all their objects are counted") {
  const tests::TemporaryFolder folder;
  const std::string synth = ssddata() + " synth " + folder.path().string() + "/";
  const auto full = run(synth +
                        "full --train 3 --val 2 --min-objects 50 --max-objects 50 "
                        "--min-size 0.5");
  CHECK(full.exit_code == 0);
  CHECK_THAT(full.err, Catch::Contains("note: 5 images without room for --min-objects 50: lower "
                                       "it or --min-size\n"));
  CHECK(run(synth + "empty --train 3 --val 2 --max-objects 1").err.empty());
}

TEST_CASE("ssddata synth and show: what cannot be done is one line and an exit code") {
  tests::TemporaryFolder temporary;
  std::string root = temporary.path().string();
  std::string set = root + "/set";
  REQUIRE(run(ssddata() + " synth " + set + " --train 2 --val 1").exit_code == 0);
  std::string val = set + "/annotations/instances_val.json";
  struct Case {
    std::string arguments;
    int exit_code;
  };
  for (const Case& c :
       {Case{"synth " + set, 2}, Case{"synth " + root + "/x --classes 7", 2},
        Case{"synth " + root + "/x --min-size 0.9 --max-size 0.2", 2},
        Case{"synth " + root + "/x --train -1", 2}, Case{"synth", 2},
        Case{"synth /proc/none/x --train 1", 3},
        Case{"show --annotations " + val + " -o " + root + "/x --id 99", 2},
        Case{"show --annotations " + val + " --images " + set + "/images -o " + root + "/x --id 99",
             3},
        Case{"show --annotations " + val, 2}, Case{"show -o " + root + "/x", 2}}) {
    auto outcome = run(ssddata() + " " + c.arguments);
    CAPTURE(c.arguments, outcome.err);
    CHECK(outcome.exit_code == c.exit_code);
    CHECK(one_line(outcome.err));
    CHECK_FALSE(fs::exists(root + "/x"));
  }
  fs::remove(set + "/images/000003.jpg");
  auto missing = run(ssddata() + " show --annotations " + val + " --images " + set + "/images -o " +
                     root + "/y");
  CHECK(missing.exit_code == 3);
  CHECK(missing.err.find("000003.jpg") != std::string::npos);
}

TEST_CASE("ssddata show: drawn pictures never come among the images") {
  tests::TemporaryFolder temporary;
  const std::string set = temporary.path().string() + "/set";
  REQUIRE(run(ssddata() + " synth " + set + " --train 2 --val 1").exit_code == 0);
  const std::string show = ssddata() + " show --annotations " + set +
                           "/annotations/instances_val.json --images " + set + "/images -o " + set;
  const auto count = [&] {
    return std::distance(fs::directory_iterator(set + "/images"), fs::directory_iterator());
  };
  const auto before = count();
  for (const char* spelling : {"/images", "/images/", "/../set/./images --overwrite"}) {
    const auto refused = run(show + spelling);
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, Contains("is the folder of the images"));
  }
  CHECK(count() == before);
  CHECK(run(show + "/shown").exit_code == 0);
}

TEST_CASE("ssddata convert --to-records: a folder is no name of a set") {
  tests::TemporaryFolder temporary;
  const std::string set = temporary.path().string() + "/set";
  REQUIRE(run(ssddata() + " synth " + set + " --train 2 --val 1").exit_code == 0);
  const auto refused = run(ssddata() + " convert --annotations " + set +
                           "/annotations/instances_val.json --images " + set +
                           "/images --to-records " + set + "/records/");
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("records/ is a folder") && Contains("records/train"));
  CHECK_FALSE(fs::exists(set + "/records"));
}

TEST_CASE("ssddata convert: pictures that nothing can read do not go into a new set") {
  tests::TemporaryFolder temporary;
  const std::string set = temporary.path().string() + "/set";
  REQUIRE(run(ssddata() + " synth " + set + " --train 2 --val 2").exit_code == 0);
  fs::resize_file(set + "/images/000003.jpg", 900);
  const std::string convert =
      ssddata() + " convert --annotations " + set + "/annotations/instances_val.json";
  for (const char* output : {" --to-records ", " --to-images "}) {
    const auto refused = run(convert + " --images " + set + "/images" + output + set + "/out");
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.err, Contains("1 of 2 (50.0 %) images cannot be read, the first: ") &&
                                Contains("000003.jpg"));
    CHECK_FALSE(fs::exists(set + "/out"));
  }
  const auto labels = run(convert + " --to-yolo " + set + "/labels");
  CHECK(labels.exit_code == 0);
  CHECK_THAT(labels.err, Contains("not known whether EXIF turns them"));
}
