// Random cases against what pycocotools made of them, and COCO's public example.
#include "data/metrics/coco_eval.h"
#include "tests/support/catch.h"

#include <xxhash.h>

#include <fmt/format.h>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/formats/coco.h"
#include "tests/support/paths.h"
#include "tests/support/random_coco.h"

using data::Evaluation;

namespace {

std::string hashed(const std::vector<double>& values) {
  return fmt::format("{:016x}", XXH3_64bits(values.data(), values.size() * sizeof(double)));
}

nlohmann::json golden_cases() {
  std::ifstream file(tests::source_dir() / "tests/golden/coco_eval_random.json");
  return nlohmann::json::parse(file).at("cases");
}

Evaluation evaluate(const tests::RandomCoco& c, int threads) {
  return data::evaluate(
      c.truth, c.detections,
      {.reference_area = c.reference_area, .id_zero_is_missed = true, .threads = threads});
}

}  // namespace

TEST_CASE("precision, recall, and scores are pycocotools' bit for bit, stats to 1e-12") {
  nlohmann::json cases = golden_cases();
  REQUIRE(cases.size() >= 500);
  double largest = 0;
  size_t defined = 0;
  for (size_t number = 0; number < cases.size(); ++number) {
    INFO("case " << number);
    Evaluation e = evaluate(tests::random_coco(number), 1 + static_cast<int>(number % 3));
    const nlohmann::json& row = cases[number];
    CHECK(hashed(e.precision) == row[0].get<std::string>());
    CHECK(hashed(e.recall) == row[1].get<std::string>());
    CHECK(hashed(e.scores) == row[2].get<std::string>());
    for (size_t i = 0; i < e.stats.size(); ++i) {
      double error = std::fabs(e.stats[i] - row[3 + i].get<double>());
      CHECK(error <= 1e-12);
      largest = std::max(largest, error);
      defined += e.stats[i] > 0;
    }
  }
  CHECK(defined > cases.size() * 6);  // the cases say something
  WARN(cases.size() << " cases, largest difference of a stat " << largest);
}

TEST_CASE("the number of threads changes no bit") {
  for (uint64_t number = 1000; number < 1100; ++number) {
    tests::RandomCoco c = tests::random_coco(number);
    Evaluation one = evaluate(c, 1), three = evaluate(c, 3);
    CHECK(hashed(one.precision) == hashed(three.precision));
    CHECK(hashed(one.scores) == hashed(three.scores));
    CHECK(hashed(one.recall) == hashed(three.recall));
    CHECK(one.stats == three.stats);
  }
}

TEST_CASE("COCO's public example of 100 images gives the official numbers") {
  std::filesystem::path folder = tests::shared_data() / "coco-eval-vector";
  if (tests::shared_data().empty() || !std::filesystem::exists(folder)) {
    WARN("skipped: no shared data");
    return;
  }
  data::Dataset truth = data::load_coco(folder / "instances_val2014_100.json", "");
  data::DetectionFile file =
      data::load_detections(folder / "instances_val2014_fakebbox100_results.json", truth);
  CHECK(file.unknown_categories == 0);
  Evaluation e = data::evaluate(truth, file.detections);
  constexpr double kOfficial[] = {0.5045806987249628,  0.6969727247299577, 0.5729816669904824,
                                  0.5856257209410443,  0.5193996948036719, 0.5013978986347466,
                                  0.38681277964578054, 0.5936795762842003, 0.595352982877607,
                                  0.6398109626113442,  0.5664205978994309, 0.5642905982905982};
  for (size_t i = 0; i < e.stats.size(); ++i) {
    INFO(data::metric_names()[i]);
    CHECK(std::fabs(e.stats[i] - kOfficial[i]) <= 1e-12);
  }
}
