// ssddetect --watch and --json-lines: images that come one after another.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/picture.h"
#include "tests/support/running_program.h"
#include "tests/support/special_files.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains, Catch::EndsWith;
using nlohmann::json;
using tests::Outcome, tests::RunningProgram, tests::text_of;

namespace {

constexpr const char* kFirst = "data/images/000005.jpg";
constexpr const char* kUnread =
    "ssddetect: cannot write all of the output to standard output: nobody reads it any more\n";

// A model, images, and the empty folder in/.
class ModelFolder : public tests::TrainingPlace {
 public:
  ModelFolder() : TrainingPlace(4, 2) {
    const Outcome trained = train("run", "train.steps=1 eval.every_steps=0");
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
  }
  void clear() const {
    for (const char* folder : {"in", "out"}) fs::remove_all(at(folder));
    fs::create_directory(at("in"));
  }
  std::string command(const std::string& arguments) const {
    return fmt::format(
        "{} --checkpoint run/last.safetensors --device cpu --threads 1 --score-threshold 0.001 "
        "--max 2 {}",
        tests::program("ssddetect").string(), arguments);
  }
  Outcome run(const std::string& arguments) const {
    return tests::run("cd " + at("") + " && timeout 60 " + command(arguments));
  }
  void copy(const std::string& name) const {
    fs::copy_file(at(kFirst), at("in/" + name), fs::copy_options::overwrite_existing);
  }
};

const ModelFolder& place() {
  static const ModelFolder one;
  one.clear();
  return one;
}

json next(RunningProgram& program) {
  const auto line = program.line();
  INFO(program.err());
  REQUIRE(line.has_value());
  return json::parse(*line);
}

void check_refused(const Outcome& outcome, int code, const std::string& because) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains(because));
}

}  // namespace

TEST_CASE("ssdeval takes the lines of --json-lines as it takes the array") {
  const ModelFolder& p = place();
  const std::string truth = "data/annotations/instances_val.json";
  tests::write_text(p.at("in/broken.jpg"), "no JPEG");
  const auto measured = [&](const std::string& file) {
    return tests::run("cd " + p.at("") + " && " + tests::program("ssdeval").string() +
                      " --annotations " + truth + " --images data/images --detections " + file);
  };
  CHECK(p.run("data/images in/broken.jpg > in/array.json").exit_code == 3);
  CHECK(p.run("data/images in/broken.jpg --json-lines > in/lines.json").exit_code == 3);
  const Outcome array = measured("in/array.json"), lines = measured("in/lines.json");
  CHECK((array.exit_code == 0 && lines.exit_code == 0));
  CHECK_THAT(array.out, Contains("Average Precision"));
  CHECK(array.out == lines.out);
  CHECK_THAT(lines.err,
             Contains("1 image without detections, because ssddetect could not read it"));
}

TEST_CASE("--watch: a line for every image, once it is written") {
  const ModelFolder& p = place();
  RunningProgram program(p.at(""), p.command("--watch in -o out --save-txt out"));
  REQUIRE(program.told("watching in"));
  p.copy("a.jpg");
  const json first = next(program);
  CHECK(first["image_id"] == 1);
  CHECK(first["file_name"] == "in/a.jpg");
  CHECK((first["width"] == 96 && first["height"] == 96));
  REQUIRE(first["detections"].size() == 2);
  for (const json& box : first["detections"]) {
    CHECK(box.size() == 4);
    CHECK(box["bbox"].size() == 4);
    CHECK((box["category"].is_string() && box["category_id"].is_number_integer()));
    CHECK(box["score"] > 0.001);
  }
  CHECK((fs::exists(p.at("out/a.jpg")) && fs::exists(p.at("out/a.txt"))));

  const std::string bytes = text_of(p.at(kFirst));
  std::ofstream slow(p.at("in/slow.jpg"), std::ios::binary);
  slow << bytes.substr(0, bytes.size() / 2) << std::flush;
  CHECK_FALSE(program.line(400).has_value());
  slow << bytes.substr(bytes.size() / 2);
  slow.close();
  const json second = next(program);
  CHECK(second["file_name"] == "in/slow.jpg");
  CHECK(second["detections"] == first["detections"]);

  p.copy(".hidden.jpg"), p.copy("text.txt"), p.copy("part.jpg.tmp");
  fs::rename(p.at("in/part.jpg.tmp"), p.at("in/moved.JPG"));
  CHECK(next(program)["file_name"] == "in/moved.JPG");
  p.copy("a.jpg");  // again: its results get another name
  CHECK(next(program)["file_name"] == "in/a.jpg");
  CHECK((fs::exists(p.at("out/a_2.jpg")) && fs::exists(p.at("out/a_2.txt"))));

  program.signal(SIGTERM);
  CHECK_FALSE(program.line().has_value());
  CHECK(program.wait() == 0);
  CHECK_THAT(program.err(), Contains("ssddetect: stopped by SIGTERM after 4 images in "));
}

TEST_CASE("--watch: a broken image has a line with the error, and the watch goes on") {
  const ModelFolder& p = place();
  RunningProgram program(p.at(""), p.command("--watch in " + std::string(kFirst)));
  CHECK(next(program)["file_name"] == kFirst);
  std::ofstream(p.at("in/broken.jpg")) << "no picture";
  const json broken = next(program);
  CHECK(broken["image_id"] == 2);
  CHECK_THAT(broken["error"].get<std::string>(), Contains("in/broken.jpg"));
  CHECK_FALSE(broken.contains("detections"));
  p.copy("good.jpg");
  CHECK(next(program)["file_name"] == "in/good.jpg");
  program.signal(SIGINT);
  CHECK(program.wait() == 3);
}

TEST_CASE("--watch ends when its folder goes, or when nobody reads its lines") {
  const ModelFolder& p = place();
  RunningProgram program(p.at(""), p.command("--watch in"));
  REQUIRE(program.told("watching in"));
  fs::remove_all(p.at("in"));
  CHECK(program.wait() == 3);
  CHECK_THAT(program.err(), Contains("--watch: in was removed or moved away"));

  p.clear();
  RunningProgram unread(p.at(""), p.command("--watch in"));
  REQUIRE(unread.told("watching in"));
  unread.close_output();
  p.copy("a.jpg");
  CHECK(unread.wait() == 1);
  CHECK_THAT(unread.err(), EndsWith(kUnread));
}

TEST_CASE("--watch and a list end soon after their reader has gone, also when no image comes") {
  const ModelFolder& p = place();
  RunningProgram watch(p.at(""), "timeout 60 " + p.command("--watch in"));
  REQUIRE(watch.told("watching in"));
  watch.close_output();
  CHECK(watch.wait() == 1);

  RunningProgram list(p.at(""), "timeout 60 " + p.command("- --json-lines"));
  list.write(kFirst + std::string("\n"));
  next(list);
  list.close_output();
  CHECK(list.wait() == 1);
  CHECK_THAT(list.err(), EndsWith(kUnread));

  tests::make_pipe(p.at("fifo"));
  const int reader = ::open(p.at("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  RunningProgram fifo(p.at(""), "timeout 60 " + p.command("--watch in > fifo"));
  const bool begun = fifo.told("watching in");
  ::close(reader);
  fs::remove(p.at("fifo"));
  CHECK(begun);
  CHECK(fifo.wait() == 1);
}

TEST_CASE("--watch ends when a picture cannot be written, also when no other image comes") {
  const ModelFolder& p = place();
  RunningProgram program(p.at(""), "timeout 60 " + p.command("--watch in -o out"));
  REQUIRE(program.told("watching in"));
  fs::remove_all(p.at("out"));
  p.copy("a.jpg");
  CHECK_FALSE(program.line().has_value());
  CHECK(program.wait() == 3);
  CHECK_THAT(program.err(), Contains("out/a.jpg"));
}

TEST_CASE("a second signal ends the program at once, with one line that names it") {
  const ModelFolder& p = place();
  RunningProgram program(p.at(""), p.command("--watch in"));
  REQUIRE(program.told("watching in"));
  for (const int number : {SIGSTOP, SIGTERM, SIGINT, SIGCONT}) program.signal(number);
  const int code = program.wait();
  CHECK((code == 130 || code == 143));
  CHECK(program.err() == "ssddetect: watching in\nssddetect: ended by a second signal\n");
}

TEST_CASE("--watch goes on while its output is a file, and is refused where that is closed") {
  const ModelFolder& p = place();
  for (const char* output : {"found.txt", "/dev/null"}) {
    RunningProgram program(p.at(""), p.command("--watch in > " + std::string(output)));
    REQUIRE(program.told("watching in"));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    program.signal(SIGTERM);
    CHECK(program.wait() == 0);
  }
  check_refused(p.run("--watch in >&-"), 1, "standard output is closed");
}

TEST_CASE("--json-lines: a list on standard input, one line for each path as it comes") {
  const ModelFolder& p = place();
  RunningProgram program(p.at(""), p.command("- --json-lines"));
  for (int i = 1; i <= 3; ++i) {
    program.write(fmt::format("data/images/00000{}.jpg\n", i));
    CHECK(next(program)["image_id"] == i);
  }
  program.write("none.jpg\r\n\ndata/images/000005.jpg");  // no newline at the end
  program.close_input();
  CHECK(next(program).contains("error"));
  CHECK(next(program)["file_name"] == kFirst);
  CHECK_FALSE(program.line().has_value());
  CHECK(program.wait() == 3);
  CHECK_THAT(program.err(), Contains("ssddetect: 4 images in "));

  // A shell's "<&-" leaves no standard input, and no file may take its place.
  for (const char* empty :
       {"- --json-lines <&-", "- <&-", "- --json-lines < /dev/null", "- < /dev/null"})
    check_refused(p.run(empty), 2, "ssddetect: no image: the list on standard input is empty");
  check_refused(p.run("- --json-lines -o new/a --save-txt new/b --save-crops new/c < /dev/null"), 2,
                "the list on standard input is empty");
  CHECK_FALSE(fs::exists(p.at("new")));
}

TEST_CASE("a list that a signal cuts short is told, also if an image could not be read") {
  const ModelFolder& p = place();
  RunningProgram stopped(p.at(""), p.command("- --json-lines"));
  stopped.write("data/images/000001.jpg\nnone.jpg\n");
  next(stopped), next(stopped);
  stopped.signal(SIGINT);
  CHECK(stopped.wait() == 75);
  CHECK_THAT(stopped.err(), Contains("ssddetect: stopped by SIGINT after 2 images; "));
}

TEST_CASE("a whole run that a signal cuts short says so, and leaves whole files of what it did") {
  const ModelFolder& p = place();
  constexpr size_t kAll = 4000;
  {
    std::ofstream list(p.at("list"));
    for (size_t i = 0; i < kAll; ++i) list << kFirst << '\n';
  }
  const std::string folders = "-o out/pictures --save-txt out/labels --save-crops out/crops ";
  RunningProgram program(p.at(""), p.command("- " + folders + "--json out/found.json < list"));
  for (int i = 0; i < 12000 && !fs::exists(p.at("out/labels/000005_9.txt")); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  program.signal(SIGTERM);
  CHECK(program.wait() == 75);
  const std::string err = program.err();
  CHECK(std::count(err.begin(), err.end(), '\n') == 1);
  size_t done = 0;
  REQUIRE(sscanf(err.c_str(), "ssddetect: stopped by SIGTERM after %zu of 4000 images; ", &done) ==
          1);
  CHECK((done > 9 && done < kAll));
  const json found = json::parse(text_of(p.at("out/found.json")));
  CHECK(found.size() == 2 * done);
  CHECK(found.back()["image_id"] == done);
  size_t pictures = 0, labels = 0, crops = 0;
  for (const auto& entry : fs::recursive_directory_iterator(p.at("out"))) {
    const std::string path = entry.path().string();
    if (entry.is_directory() || path.ends_with("found.json")) continue;
    CHECK(path.find(".tmp.") == path.npos);
    pictures += path.find("/pictures/") != path.npos;
    labels += path.find("/labels/") != path.npos;
    crops += path.find("/crops/") != path.npos;
    if (path.ends_with(".jpg")) CHECK_NOTHROW(tests::read_image(path));
  }
  CHECK((pictures == done && labels == done + 1 && crops == 2 * done));  // and classes.txt
}

TEST_CASE("files of one image have the same number, also where only one of them was there") {
  const ModelFolder& p = place();
  fs::create_directories(p.at("out"));
  std::ofstream(p.at("out/000005.txt")) << "mine";
  const std::string folders = " -o out --save-txt out --save-crops out/crops ";
  p.copy("000005.jpg");
  const Outcome found = p.run(std::string(kFirst) + " in/000005.jpg" + folders + "--json-lines");
  INFO(found.err);
  CHECK(found.exit_code == 0);
  CHECK(text_of(p.at("out/000005.txt")) == "mine");
  CHECK_FALSE(fs::exists(p.at("out/000005.jpg")));
  std::set<std::string> crops;
  for (const auto& entry : fs::recursive_directory_iterator(p.at("out/crops")))
    if (!entry.is_directory()) crops.insert(entry.path().filename().string());
  CHECK(crops == std::set<std::string>{"000005_2_1.jpg", "000005_2_2.jpg", "000005_3_1.jpg",
                                       "000005_3_2.jpg"});
  for (const char* name : {"000005_2.jpg", "000005_2.txt", "000005_3.jpg", "000005_3.txt"})
    CHECK(fs::exists(p.at(std::string("out/") + name)));
}

TEST_CASE("--ground-truth counts what does not belong together, whatever the images come by") {
  const ModelFolder& p = place();
  const std::string truth = " -o out --ground-truth data/annotations/instances_val.json ";
  const std::string told =
      "ssddetect: not in the ground truth: 2 of 3 images; not among the images: 1 of the 2 in the "
      "ground truth\n";
  const std::string images = "data/images/000001.jpg data/images/000002.jpg data/images/000005.jpg";
  CHECK_THAT(p.run(images + truth + "--json-lines").err, Contains(told));
  std::ofstream(p.at("list")) << "data/images/000001.jpg\ndata/images/000002.jpg\n" << kFirst;
  fs::remove_all(p.at("out"));
  CHECK_THAT(p.run("-" + truth + "--json-lines < list").err, Contains(told));
  fs::remove_all(p.at("out"));
  CHECK_THAT(p.run("-" + truth + "< list").err, Contains(told));
  RunningProgram program(p.at(""), p.command("--watch in" + truth));
  REQUIRE(program.told("watching in"));
  for (const char* name : {"other.jpg", "000006.jpg"}) {
    p.copy(name);
    next(program);
  }
  program.signal(SIGTERM);
  CHECK(program.wait() == 0);
  CHECK_THAT(program.err(),
             Contains("not in the ground truth: 1 of 2 images; not among the images: "
                      "1 of the 2 in the ground truth\n"));
}

TEST_CASE("lines say what the array of a whole run says") {
  const ModelFolder& p = place();
  const json array = json::parse(p.run("data/images").out);
  std::istringstream lines(p.run("data/images --json-lines --batch 4").out);
  size_t at = 0, images = 0;
  for (std::string text; std::getline(lines, text); ++images) {
    const json line = json::parse(text);
    for (const json& box : line["detections"]) {
      REQUIRE(at < array.size());
      const json& entry = array[at++];
      CHECK((entry["image_id"] == line["image_id"] && entry["file_name"] == line["file_name"]));
      for (const char* key : {"category_id", "category", "bbox", "score"})
        CHECK(entry[key] == box[key]);
    }
  }
  CHECK(images == 6);
  CHECK(at == array.size());
}

TEST_CASE("memory does not grow with the number of images") {
  const ModelFolder& p = place();
  RunningProgram program(p.at(""), p.command("- --json-lines"));
  long before = 0;
  for (int i = 0; i < 300; ++i) {
    program.write("data/images/000001.jpg\ndata/images/000005.jpg\n");
    next(program), next(program);
    if (i == 20) before = program.peak_kib();
  }
  CHECK(before > 0);
  CHECK(program.peak_kib() < before + 8 * 1024);
  program.close_input();
  CHECK(program.wait() == 0);
}

TEST_CASE("what does not go together with --watch is refused") {
  const ModelFolder& p = place();
  check_refused(p.run("--watch none"), 3, "--watch: none: No such file");
  check_refused(p.run("--watch run/last.safetensors"), 3, "is not a folder");
  check_refused(p.run("--watch in --json x.json"), 2, "--json");
  check_refused(p.run("- --json-lines --overwrite"), 2, "--overwrite");
  check_refused(p.run("--json-lines"), 2, "no image");
  check_refused(p.run("--watch in --recursive"), 2, "--recursive: --watch looks at new images");
  check_refused(p.run("data/images/000001.jpg --watch in --recursive"), 2, "--recursive: ");
  check_refused(p.run("--watch in -o ./in"), 2, "would get new pictures from this program");
  std::ofstream(p.at("in/classes.txt")) << "other\n";
  check_refused(
      p.run("--watch in --save-txt in"), 2,
      "--save-txt: in/classes.txt exists and lists other classes; choose another folder\n");
}
