// Any one allocation may fail: each program then ends with one line and code 6, and what it has
// written before stays whole.
#include <fmt/format.h>

#include <fstream>
#include <set>

#include "engine/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;

namespace {

// `command` with allocation `n` failing; 0: none does, and COUNT has their number.
tests::Outcome failing(const tests::TrainingPlace& place, const std::string& command, int64_t n) {
  return tests::run(fmt::format("cd {} && FAIL_AT={} COUNT_FILE=COUNT LD_PRELOAD={} {}",
                                place.at(""), n, SSD_FAILING_NEW, command));
}

// The first few, and others spread over the whole run.
std::set<int64_t> sample(int64_t allocations) {
  std::set<int64_t> numbers;
  for (int64_t n = 1; n <= 10; ++n) numbers.insert(n);
  for (int64_t n = 11; n < 500; n = n * 5 / 3) numbers.insert(n);
  for (int64_t i = 1; i <= 12; ++i) numbers.insert(allocations * i / 13);
  return numbers;
}

// A failure that a library can do without (a buffer that only makes it faster) may pass.
void check_all(const tests::TrainingPlace& place, const std::string& program,
               const std::string& arguments) {
  const std::string command = tests::program(program).string() + " " + arguments;
  REQUIRE(failing(place, command, 0).exit_code == 0);
  int64_t allocations = 0;
  std::ifstream(place.at("COUNT")) >> allocations;
  REQUIRE(allocations > 100);
  int clean = 0;
  const std::set<int64_t> numbers = sample(allocations);
  for (int64_t n : numbers) {
    fs::remove_all(place.at("out"));
    const tests::Outcome outcome = failing(place, command, n);
    INFO(command << "\nallocation " << n << " of " << allocations << "\n" << outcome.err);
    CHECK((outcome.exit_code == 6 || outcome.exit_code == 0));
    if (outcome.exit_code == 6) CHECK(outcome.err.ends_with(program + ": out of memory\n"));
    clean += outcome.exit_code == 6;
    if (fs::exists(place.at("out/last.safetensors"))) {
      CHECK_NOTHROW(tests::tensors_of(place.at("out/last.safetensors")));
    }
  }
  CHECK(clean * 10 >= std::ssize(numbers) * 9);
}

}  // namespace

TEST_CASE("an allocation that fails ends a program with one line and code 6") {
  const tests::TrainingPlace place(4, 2);
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  check_all(place, "ssdtrain", "--config tiny.json train.steps=1 --output-dir out");
  check_all(place, "ssdeval", "--checkpoint run/last.safetensors");
  check_all(place, "ssddetect",
            "--checkpoint run/last.safetensors data/images --overwrite --json found.json");
  check_all(place, "ssddata",
            "check --annotations data/annotations/instances_train.json --images data/images");
}
