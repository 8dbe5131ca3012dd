// The largest inputs that are allowed take bounded time and memory; files that shrink or vanish
// while a run reads them end it in order.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "data/image/image_file.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/running_program.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome, tests::RunningProgram, tests::TrainingPlace, tests::text_of;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char* kBounds = "timeout 300";
#else
constexpr const char* kBounds = "ulimit -v 2097152; timeout 120";  // KiB, s
#endif

// Run inside the place with bounded time and memory.
Outcome bounded(const TrainingPlace& place, const std::string& program,
                const std::string& arguments) {
  return tests::run(fmt::format("cd {}; OMP_NUM_THREADS=1; export OMP_NUM_THREADS; {} {} {}",
                                place.at(""), kBounds, tests::program(program).string(),
                                arguments));
}

void write_grey(const std::string& path, int width, int height) {
  data::write_image(path, {width, height, std::vector<uint8_t>(3 * size_t(width) * height, 90)});
}

// Waits until the training is in its steps.
void wait_for_steps(const TrainingPlace& place, const RunningProgram& program) {
  const std::string table = place.at("run/results.csv");
  for (int i = 0; i < 6000; ++i) {
    if (fs::exists(table) && tests::results_of(place.at("run")).size() > 2) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("no step: " + program.err());
}

std::string endless(const std::string& more) {
  return tests::program("ssdtrain").string() +
         " --config tiny.json --output-dir run train.steps=1000000 eval.every_steps=0 " + more;
}

// The run ended because of data, named the file, and can be gone on with.
void check_ended(const TrainingPlace& place, RunningProgram& program, const std::string& file) {
  const int code = program.wait();
  INFO(program.err());
  CHECK(code == 3);
  CHECK_THAT(program.err(), Contains(file));
  CHECK(tests::step_of(place.at("run/last.safetensors")) > 0);
}

}  // namespace

TEST_CASE("the largest picture takes bounded time and memory, and a larger one is refused") {
  const TrainingPlace place(4, 2);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const std::string detect = "--checkpoint run/last.safetensors --device cpu ";
  write_grey(place.at("large.jpg"), 16384, 4096);
  write_grey(place.at("wide.png"), 16385, 1);
  const Outcome large = bounded(place, "ssddetect", detect + "large.jpg");
  INFO(large.err);
  CHECK(large.exit_code == 0);
  const Outcome wide = bounded(place, "ssddetect", detect + "wide.png");
  CHECK(wide.exit_code == 3);
  CHECK_THAT(wide.err, Contains("wide.png") && Contains("16385"));
}

TEST_CASE("the largest label file and header take bounded time and memory") {
  const TrainingPlace place(4, 2);
  fs::create_directories(place.at("yolo"));
  write_grey(place.at("yolo/a.png"), 8, 8);
  base::write_file(place.at("yolo/classes.txt"), std::string("cat\n"));
  std::string labels;
  for (int i = 0; labels.size() < (size_t{16} << 20) - 40; ++i)
    labels += fmt::format("0 0.5 0.5 0.{} 0.25\n", 1 + i % 7);
  base::write_file(place.at("yolo/a.txt"), labels);
  const Outcome counted = bounded(place, "ssddata", "stats --yolo yolo");
  INFO(counted.err);
  CHECK(counted.exit_code == 0);

  std::string header = "{";
  for (int i = 0; header.size() < (size_t{16} << 20) - 200; ++i)
    header += fmt::format("{}\"t{}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
                          i ? "," : "", i);
  header += "}";
  const uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
  base::write_file(place.at("many.safetensors"), bytes + header);
  const Outcome refused =
      bounded(place, "ssddetect", "--checkpoint many.safetensors yolo --device cpu");
  INFO(refused.err);
  CHECK(refused.exit_code == 4);
}

TEST_CASE("images that vanish or shrink in the middle of a run end it in order") {
  for (const bool vanish : {true, false}) {
    const TrainingPlace place(8, 2);
    RunningProgram program(place.at(""), endless(""));
    wait_for_steps(place, program);
    for (const auto& image : fs::directory_iterator(place.at("data/images")))
      vanish ? void(fs::remove(image.path())) : fs::resize_file(image.path(), 200);
    check_ended(place, program, ".jpg");
  }
}

TEST_CASE("records that shrink in the middle of a run end it in order") {
  const TrainingPlace place(8, 2);
  const Outcome converted = tests::run(fmt::format(
      "cd {} && {} convert --annotations data/annotations/instances_train.json --images "
      "data/images --to-records set",
      place.at(""), tests::program("ssddata").string()));
  REQUIRE(converted.exit_code == 0);
  RunningProgram program(place.at(""), endless("data.train.annotations= data.train.images= "
                                               "data.train.tfrecords=set.record-00000-of-00001"));
  wait_for_steps(place, program);
  fs::resize_file(place.at("set.record-00000-of-00001"), 100);
  check_ended(place, program, "set.record-00000-of-00001");
}
