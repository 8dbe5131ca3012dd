// Every option by which a program is given a file or folder, with a pipe in its place that nobody
// writes to: one line and the right exit code, at once.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/special_files.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using tests::Outcome;

namespace {

struct FolderWithPipes {
  tests::TrainingPlace training{4, 2};
  FolderWithPipes() {
    tests::make_pipe(training.at("pipe"));
    const Outcome trained = training.train("run", "train.steps=1");
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    fs::create_directory(training.at("voc"));
    tests::make_pipe(training.at("voc/a.xml"));
    fs::create_directories(training.at("yolo"));
    base::write_file(training.at("yolo/classes.txt"), std::string_view("circle\n"));
    tests::make_pipe(training.at("yolo/000001.txt"));
    fs::create_directories(training.at("yaml"));
    tests::make_pipe(training.at("yaml/data.yaml"));
    fs::create_directories(training.at("odd"));
    tests::make_pipe(training.at("odd/000005.jpg"));
    base::write_file(training.at("on.json"), std::string_view("{\"_base_\": \"pipe\"}"));
  }
  Outcome run(const std::string& command) const {
    return tests::run(fmt::format("cd {} && timeout 20 {}/{}", training.at(""),
                                  tests::program("ssddata").parent_path().string(), command));
  }
};

struct Case {
  const char* command;
  int exit_code;
};

}  // namespace

TEST_CASE("a pipe as any input is one line and an exit code, and nobody waits") {
  const FolderWithPipes place;
  const std::string val = "--annotations data/annotations/instances_val.json";
  for (const Case& c : {
           Case{"ssddata check --annotations pipe", 3},
           Case{"ssddata stats --records pipe", 3},
           Case{"ssddata stats --tfrecords pipe", 3},
           Case{"ssddata stats --voc pipe", 3},
           Case{"ssddata stats --voc voc", 3},
           Case{"ssddata stats --yolo pipe", 3},
           Case{"ssddata stats --yolo yolo --images data/images", 3},
           Case{"ssddata stats --yolo yaml", 3},
           Case{"ssddata stats --yolo yolo --images data/images --names pipe", 3},
           Case{"ssddata stats --records pipe --label-map pipe", 3},
           Case{"ssddata show VAL --images odd -o w", 3},
           Case{"ssddata convert VAL --images odd --to-records w", 3},
           Case{"ssddata show --augmented pipe -o w", 2},
           Case{"ssddata show --augmented on.json -o w", 2},
           Case{"ssddetect --checkpoint pipe data/images", 4},
           Case{"ssddetect --checkpoint run/last.safetensors pipe", 3},
           Case{"ssddetect --checkpoint run/last.safetensors data/images -o w --ground-truth pipe",
                3},
           Case{"ssddetect --checkpoint run/last.safetensors --watch pipe", 3},
           Case{"ssdeval --checkpoint pipe", 4},
           Case{"ssdeval --checkpoint run/last.safetensors --config pipe", 2},
           Case{"ssdeval VAL --detections pipe", 3},
           Case{"ssdeval --annotations pipe --detections pipe", 3},
           Case{"ssdtrain --config pipe", 2},
           Case{"ssdtrain --config on.json", 2},
           Case{"ssdtrain --config tiny.json --resume pipe", 4},
           Case{"ssdtrain --config tiny.json --init-from pipe --output-dir other", 4},
           Case{"ssdtrain --from-pipeline pipe --print-config", 2},
           Case{"ssdtrain --config tiny.json data.train.annotations=pipe", 3},
           Case{"ssdtrain --config tiny.json --output-dir pipe", 2},
           Case{"ssddata synth pipe", 2},
       }) {
    std::string command = c.command;
    if (const size_t at = command.find("VAL"); at != command.npos) command.replace(at, 3, val);
    const Outcome outcome = place.run(command);
    INFO(command << ": " << outcome.err);
    CHECK(outcome.exit_code == c.exit_code);
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
  CHECK(fs::is_fifo(place.training.at("pipe")));
}

TEST_CASE("a pipe among the images of a check is one problem of that image") {
  const FolderWithPipes place;
  const Outcome outcome =
      place.run("ssddata check --annotations data/annotations/instances_val.json --images odd");
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 3);
  CHECK_THAT(outcome.out, Catch::Contains("000005.jpg"));
}
