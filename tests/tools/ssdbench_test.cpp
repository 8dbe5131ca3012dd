// ssdbench: what its subcommands print at small sizes, and bad input. No time is asserted.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "benchmarks/times.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

namespace fs = std::filesystem;
using json = nlohmann::json;

namespace {

tests::Outcome bench(const std::string& arguments) {
  return tests::run(tests::program("ssdbench").string() + " " + arguments);
}

json printed(const std::string& arguments) {
  const tests::Outcome outcome = bench(arguments);
  INFO(arguments << "\n" << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 1);
  return json::parse(outcome.out);
}

void check_spread(const json& j) {
  INFO(j.dump());
  CHECK(j.at("min").get<double>() > 0);
  CHECK(j.at("min").get<double>() <= j.at("median").get<double>());
  CHECK(j.at("median").get<double>() <= j.at("max").get<double>());
}

void check_step(const json& row, const std::string& mode, int batch) {
  CHECK(row.at("mode") == mode);
  CHECK(row.at("batch") == batch);
  CHECK(row.at("steps") == 3);
  check_spread(row.at("images_per_second"));
  check_spread(row.at("ms_per_step"));
  CHECK(row.at("gflop_per_image").get<double>() > 10);
  CHECK(row.at("step_memory_mib").get<double>() > 1);
}

}  // namespace

TEST_CASE("times: quantiles by linear interpolation, the mean of rates, and what few runs give") {
  const benchmarks::Times t({4, 1, 2, 3});
  CHECK(t.min() == 1);
  CHECK(t.max() == 4);
  CHECK(t.median() == Approx(2.5));
  CHECK(t.quantile(0.9) == Approx(3.7));
  CHECK(t.mean_rate(12) == Approx((12 + 6 + 4 + 3) / 4.0));
  CHECK(t.quantile_ms(0.5) == Approx(2500));
  CHECK(t.quantile_ms(0.9).is_null());
  const benchmarks::Times hundred(std::vector<double>(100, 1.0));
  CHECK(hundred.supports(0.99));
  CHECK_FALSE(benchmarks::Times(std::vector<double>(99, 1.0)).supports(0.99));
}

TEST_CASE("ssdbench infer: a row of each batch size; percentiles only from enough steps") {
  const json rows =
      printed("infer --device cpu --batch 1,2 --warmup 0 --steps 3 --json")["results"];
  REQUIRE(rows.size() == 2);
  for (int i = 0; i < 2; ++i) {
    check_step(rows[i], "infer", i + 1);
    CHECK(rows[i].at("latency_ms").at("p50").is_number());
    CHECK(rows[i].at("latency_ms").at("p99").is_null());
  }
}

TEST_CASE("ssdbench train: a step's speed and its loss") {
  const json rows = printed("train --device cpu --batch 1 --warmup 0 --steps 3 --json")["results"];
  REQUIRE(rows.size() == 1);
  check_step(rows[0], "train", 1);
  CHECK(rows[0].at("loss").get<double>() > 0);
}

TEST_CASE("ssdbench op: operations with their share of the roofline") {
  const json j = printed("op --device cpu --mode infer --batch 1 --runs 3 --json");
  CHECK(j.at("peak_gb_per_second").get<double>() > 0);
  CHECK(j.at("peak_tflop_per_second").get<double>() > 0);
  CHECK(j.at("operations").size() > 5);
  CHECK(j.at("shapes").size() >= j.at("operations").size());
}

TEST_CASE("ssdbench eval: rows by threads and files, and files that stay") {
  const tests::TemporaryFolder folder;
  const std::string files = "--files " + folder.path().string();
  const std::string small = "eval --count 20 --threads 1,2 --runs 3 --json ";
  const json j = printed(small + files);
  CHECK(j.at("images") == 20);
  CHECK(j.at("detections") == 2000);
  CHECK(j.at("stats").size() == 12);
  REQUIRE(j.at("rows").size() == 5);
  for (const json& row : j.at("rows")) check_spread(row.at("seconds"));
  CHECK(fs::exists(folder.path() / "detections.json"));
  const tests::Outcome again = bench(small + files);
  CHECK(again.exit_code == 2);
  CHECK(again.out.empty());
  CHECK(std::count(again.err.begin(), again.err.end(), '\n') == 1);
  CHECK(bench(small + files + " --overwrite").exit_code == 0);
}

TEST_CASE("ssdbench data: one line by number of threads") {
  const tests::TemporaryFolder folder;
  const std::string set = folder.path().string() + "/set";
  REQUIRE(tests::run(tests::program("ssddata").string() + " synth " + set +
                     " --train 4 --val 2 --width 64 --height 64")
              .exit_code == 0);
  const tests::Outcome outcome =
      bench("data --annotations " + set + "/annotations/instances_train.json --images " + set +
            "/images --batch 2 --seconds 0.05 --threads 1,2");
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 4);
}

namespace {

json step_row(int batch, double p25, double median, double p75) {
  return {{"mode", "infer"},
          {"batch", batch},
          {"ms_per_step", {{"p25", p25}, {"median", median}, {"p75", p75}}}};
}

void write_json(const fs::path& path, const json& j) { std::ofstream(path) << j.dump(); }

}  // namespace

TEST_CASE("ssdbench compare: slower only where the middle halves do not meet") {
  const tests::TemporaryFolder folder;
  const fs::path before = folder.path() / "a.json", after = folder.path() / "b.json";
  const std::string both = "compare " + before.string() + " " + after.string();
  write_json(before, {{"results", {step_row(1, 9, 10, 11), step_row(2, 9, 10, 11)}}});

  write_json(after, {{"results", {step_row(1, 10.5, 12, 13), step_row(2, 5, 6, 8)}}});
  tests::Outcome outcome = bench(both);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);  // 12 is above 10, but 10.5 lies in 9..11
  CHECK(outcome.out.find("same") != std::string::npos);
  CHECK(outcome.out.find("faster") != std::string::npos);

  write_json(after, {{"results", {step_row(2, 11.5, 12, 13), step_row(4, 1, 1, 1)}}});
  outcome = bench(both);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out.find("SLOWER") != std::string::npos);
  CHECK(outcome.out.find("1 of 1 cases slower; 2 cases are in one file only") !=
        std::string::npos);
}

TEST_CASE("ssdbench compare: files that are no results are one line and exit code 3") {
  const tests::TemporaryFolder folder;
  const fs::path good = folder.path() / "good.json", bad = folder.path() / "bad.json";
  write_json(good, {{"results", {step_row(1, 9, 10, 11)}}});
  const std::string deep = std::string(100000, '[');
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1]"), deep, "{\"results\":" + deep,
        std::string(R"({"results":[]})"), std::string(R"({"results":[1]})"),
        std::string(R"({"results":[{"ms_per_step":{"p25":1,"median":"x","p75":2}}]})"),
        std::string(R"({"results":[{"mode":[],"ms_per_step":{"p25":1,"median":1,"p75":2}}]})"),
        json({{"results", {step_row(2, 9, 10, 11)}}}).dump()}) {
    std::ofstream(bad) << text;
    const tests::Outcome outcome = bench("compare " + good.string() + " " + bad.string());
    INFO(text.substr(0, 100) << "\n" << outcome.err);
    CHECK(outcome.exit_code == 3);
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
  CHECK(bench("compare " + good.string() + " " + folder.path().string()).exit_code == 3);
  CHECK(bench("compare " + good.string()).exit_code == 2);
}

TEST_CASE("ssdbench: bad input is one line and exit code 2") {
  for (const char* arguments :
       {"", "trian", "infer --batch 0", "infer --steps 2", "train --steps 1", "op --runs 2",
        "op --mode both", "eval --runs 1", "eval --threads 0", "conv --dtype fp8", "data",
        "infer --device gpu"}) {
    const tests::Outcome outcome = bench(arguments);
    INFO(arguments << "\n" << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
}
