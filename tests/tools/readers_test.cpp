// Readers in Python, where they are installed, open what the programs write: checkpoints, events,
// tables, detections and records.
#include "tests/support/catch.h"
#include "tests/support/python.h"
#include "tests/support/tools/training_run.h"

using tests::Outcome;

namespace {

struct Reader {
  std::string name, modules;
};
const Reader kReaders[] = {
    {"safetensors", "numpy, safetensors"}, {"tensorboard", "numpy, tensorboard"},
    {"pandas", "numpy, pandas"},           {"pycocotools", "numpy, pycocotools"},
    {"tfrecord", "numpy, tfrecord"},
};

// A run that has learned something, and shards of its images.
class Written {
 public:
  Written() {
    check(place_.train("run",
                       "train.steps=400 train.schedule.total=400 eval.every_steps=100 "
                       "log.every_steps=20 data.val.annotations=" +
                           annotations_));
    check(tests::run("cd " + place_.at("") + " && " + tests::program("ssddata").string() +
                     " convert --annotations " + annotations_ +
                     " --images data/images --to-records shards/train --shards 3"));
  }

  // The arguments of tests/peers/read_outputs.py after the reader's name.
  std::string arguments() const {
    return place_.at("run") + " " + place_.at(annotations_) + " " + place_.at("data/images") + " " +
           place_.at("shards/train");
  }

 private:
  static void check(const Outcome& outcome) {
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.exit_code == 0);
  }

  const std::string annotations_ = "data/annotations/instances_train.json";
  tests::TrainingPlace place_{8, 2};
};

}  // namespace

TEST_CASE("readers in Python open what a run and a conversion write") {
  std::unique_ptr<Written> written;
  for (const Reader& reader : kReaders) {
    if (!tests::python_has(reader.modules, "the reader " + reader.name)) continue;
    if (!written) written = std::make_unique<Written>();
    const Outcome outcome = tests::run(
        tests::python() + " -B " + (tests::source_dir() / "tests/peers/read_outputs.py").string() +
        " " + reader.name + " " + written->arguments());
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out, Catch::Contains(reader.name + " "));
  }
}
