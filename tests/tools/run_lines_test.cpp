// What a training says about its model and its speed.
#include <fmt/format.h>

#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"
#include "tools/run/planned_run.h"

using Catch::Contains;
using tests::Outcome, tests::TrainingPlace, tests::text_of;

namespace {

std::vector<std::string> lines_with(const std::string& text, const std::string& words) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find(words) != std::string::npos) found.push_back(line);
  return found;
}

// The number before a unit.
double number_before(const std::string& line, const std::string& unit) {
  const size_t end = line.find(" " + unit);
  REQUIRE(end != std::string::npos);
  const size_t start = line.rfind(' ', end - 1);
  return std::stod(line.substr(start + 1, end - start - 1));
}

}  // namespace

TEST_CASE("images and steps per second of a line are of the same steps") {
  TrainingPlace place(8, 2);
  const Outcome o =
      place.train("run", "train.steps=9 log.every_steps=3 eval.every_steps=0 train.accumulate=2");
  INFO(o.err);
  REQUIRE(o.exit_code == 0);
  const auto lines = lines_with(text_of(place.at("run/train.log")), " steps/s");
  REQUIRE(lines.size() == 3);
  for (const std::string& line : lines) {
    INFO(line);
    const double images = number_before(line, "img/s"), steps = number_before(line, "steps/s");
    CHECK(images == Approx(8 * steps).epsilon(0.02));  // 4 images, twice
  }
  CHECK_THAT(lines[0], Contains("  ETA "));
  CHECK(lines[2].find("ETA") == std::string::npos);
}

TEST_CASE("the model's size is told at the start of a training, and by a dry run") {
  TrainingPlace place(8, 2);
  const std::string frozen = "train.steps=1 eval.every_steps=0 train.freeze='[\"backbone\"]' ";
  const auto dry = lines_with(place.train("x", frozen + "--dry-run").out, "model: ");
  REQUIRE(dry.size() == 1);
  CHECK_THAT(dry[0], Contains(" M trained), ") && Contains(" GFLOP for an image of 64 x 64, ") &&
                         Contains("iB of memory"));
  CHECK(number_before(dry[0], "M parameters") > 0);
  CHECK(number_before(dry[0], "GFLOP for") > 0);
  REQUIRE(place.train("run", frozen).exit_code == 0);
  const auto logged = lines_with(text_of(place.at("run/train.log")), "model: ");
  REQUIRE(logged.size() == 1);
  INFO(logged[0]);
  CHECK(logged[0].ends_with(dry[0]));
}

TEST_CASE("multiplications of SSD320 are counted without running it") {
  config::RunConfig config;
  config.model.options.classes = 90;
  const auto backend = engine::make_cpu_backend();
  CHECK(run::macs_of_image(*backend, config) == 22307953664);
}
