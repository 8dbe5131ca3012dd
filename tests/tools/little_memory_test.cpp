// Whatever the limit of the address space (ulimit -v): a program does its work, or ends with one
// line and code 6, but never by a signal.
#include <fmt/format.h>

#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/tools/training_run.h"

using tests::Outcome, tests::TrainingPlace;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they take memory themselves

namespace {

// In a shell, so that a signal gives a code above 128.
Outcome limited(const TrainingPlace& place, int kib, const std::string& command) {
  return tests::run(fmt::format(
      "cd {}; rm -rf out; ulimit -c 0; ulimit -v {}; OMP_NUM_THREADS=2 timeout 120 {}/{}",
      place.at(""), kib, tests::program("ssdtrain").parent_path().string(), command));
}

}  // namespace

TEST_CASE("little memory ends no program by a signal") {
  const TrainingPlace place(6, 2);
  REQUIRE(place.train("run", "train.steps=2").exit_code == 0);
  for (const std::string command :
       {"ssdtrain --config tiny.json train.steps=2 --output-dir out",
        "ssdeval --checkpoint run --report out/page.html",
        "ssddetect --checkpoint run data/images -o out",
        "ssddata check --annotations data/annotations/instances_val.json --images data/images",
        "ssdexport --checkpoint run --onnx out/x.onnx",
        "ssdbench infer --checkpoint run --steps 3 --warmup 1 --batch 1"}) {
    for (const int kib :
         {90'000, 100'000, 120'000, 150'000, 185'000, 200'000, 300'000, 450'000, 650'000}) {
      const Outcome o = limited(place, kib, command);
      INFO(command << ", " << kib << " KiB: " << o.exit_code << "\n" << o.err);
      const bool loaded = o.err.find("error while loading shared libraries") == std::string::npos;
      if (loaded) CHECK((o.exit_code == 0 || o.exit_code == 6));
    }
    const Outcome enough = limited(place, 1'000'000, command);
    INFO(command << "\n" << enough.err);
    CHECK(enough.exit_code == 0);
  }
}

TEST_CASE("a small stack ends no program by a signal") {
  const TrainingPlace place(6, 2);
  REQUIRE(place.train("run", "train.steps=2").exit_code == 0);
  for (const std::string command :
       {"ssdtrain --config tiny.json train.steps=2 --output-dir out", "ssdeval --checkpoint run",
        "ssddetect --checkpoint run data/images --json out.json"}) {
    const auto with_stack = [&](int kib) {
      return tests::run(fmt::format("cd {}; rm -rf out*; ulimit -c 0; ulimit -s {}; {}/{}",
                                    place.at(""), kib,
                                    tests::program("ssdtrain").parent_path().string(), command));
    };
    const Outcome small = with_stack(64), enough = with_stack(256);
    INFO(command << "\n" << small.err << enough.err);
    CHECK(small.exit_code == 6);
    CHECK(small.err.find("ulimit -s allows a stack of 64 KiB, and a network needs 256 KiB: raise "
                         "it\n") != std::string::npos);
    CHECK(enough.exit_code == 0);
  }
}

TEST_CASE("threads that cannot be started are told as resources") {
  const TrainingPlace place(6, 2);
  REQUIRE(place.train("run", "train.steps=2").exit_code == 0);
  const Outcome o = limited(place, 400'000, "ssdeval --checkpoint run --threads 500");
  INFO(o.err);
  CHECK(o.exit_code == 6);
  CHECK(o.err.find("out of memory or threads: 500 threads cannot be started") != std::string::npos);
}

#endif
