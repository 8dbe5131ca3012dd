// ssdbench: what its subcommands print at small sizes, and bad input. No time is asserted.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "benchmarks/machine_watch.h"
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

// The phases are these, in this order, and together they are a step.
void check_phases(const json& row, const std::vector<std::string>& names) {
  const auto phases = nlohmann::ordered_json::parse(row.at("phases_ms").dump());
  double sum = 0;
  std::set<std::string> found;
  for (const auto& [name, spread] : phases.items()) {
    found.insert(name);
    CHECK(spread.at("min").get<double>() <= spread.at("max").get<double>());
    sum += spread.at("max").get<double>();
  }
  CHECK(found == std::set<std::string>(names.begin(), names.end()));
  CHECK(sum >= row.at("ms_per_step").at("min").get<double>());
}

// A small data set in COCO form.
std::string drawn_set(const tests::TemporaryFolder& folder) {
  const std::string set = folder.path().string() + "/set";
  REQUIRE(tests::run(tests::program("ssddata").string() + " synth " + set +
                     " --train 4 --val 2 --width 64 --height 64")
              .exit_code == 0);
  return set;
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

TEST_CASE("machine watch: /proc/stat in seconds, and when something is said") {
  using benchmarks::MachineReport;
  const benchmarks::CpuTime t =
      benchmarks::parse_cpu_time("cpu  100 20 30 4000 500 6 7 80 9 10\ncpu0 1 2 3 4\n", 100);
  CHECK(t.busy == Approx(1.63));  // guests are part of user
  CHECK(t.steal == Approx(0.8));
  CHECK(benchmarks::parse_cpu_time("cpu 1 2", 100).busy == 0);
  CHECK(benchmarks::parse_cpu_time("", 100).steal == 0);
  CHECK(MachineReport{.other_cores = 0.04, .steal_cores = 0.01, .clock_spread = 1.04}
            .notices()
            .empty());
  CHECK(MachineReport{.other_cores = 0.06}.notices().size() == 1);
  CHECK(MachineReport{.steal_cores = 0.03, .clock_spread = 1.06}.notices().size() == 2);
}

TEST_CASE("machine watch: the work of another process is noticed, that of this one is not") {
  const pid_t other = fork();
  if (other == 0) {
    for (std::atomic<uint64_t> x = 0;; ++x) {
    }
  }
  benchmarks::MachineWatch watch;
  const double start = benchmarks::seconds_now(false);
  while (benchmarks::seconds_now(false) - start < 0.6) watch.tick();
  const benchmarks::MachineReport report = watch.report();
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  CHECK(report.other_cores > 0.1);
  CHECK(report.other_cores < double(sysconf(_SC_NPROCESSORS_ONLN)));
  CHECK_FALSE(report.notices().empty());
}

TEST_CASE("ssdbench infer: a row of each batch size; percentiles only from enough steps") {
  const json rows =
      printed("infer --device cpu --batch 1,2 --warmup 0 --steps 3 --json")["results"];
  REQUIRE(rows.size() == 2);
  for (int i = 0; i < 2; ++i) {
    check_step(rows[i], "infer", i + 1);
    CHECK(rows[i].at("from") == "decoded");
    CHECK(rows[i].at("latency_ms").at("p50").is_number());
    CHECK(rows[i].at("latency_ms").at("p99").is_null());
    check_phases(rows[i], {"copy", "forward", "suppression", "other"});
  }
}

TEST_CASE("ssdbench infer: from files, the table, JSON and DLLogger lines of one run") {
  const tests::TemporaryFolder folder;
  const std::string set = drawn_set(folder), log = folder.path() / "log.json",
                    result = folder.path() / "new/result.json";
  const std::string command = "infer --device cpu --batch 2 --warmup 0 --steps 3 --from " +
                              ("decoded,files --images " + set) + "/images --json " + result +
                              " --dllogger " + log;
  const tests::Outcome outcome = bench(command);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out.find("from") != std::string::npos);  // the table
  CHECK(outcome.err.find("it needs 10 steps") != std::string::npos);
  const json rows = json::parse(std::ifstream(result))["results"];
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("from") == "decoded");
  check_step(rows[1], "infer", 2);
  check_phases(rows[1], {"data wait", "copy", "forward", "suppression", "other"});
  std::ifstream lines(log);
  int throughputs = 0;
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.starts_with("DLLL "));
    const json entry = json::parse(line.substr(5));
    if (!entry.contains("data") || !entry["data"].contains("infer_throughput")) continue;
    CHECK(entry["data"]["infer_throughput"] ==
          rows[throughputs++]["images_per_second"]["mean_of_rates"]);
    CHECK(entry["data"].contains("eval_avg_latency"));
    CHECK(entry["data"]["eval_99%_latency"].is_null());
  }
  CHECK(throughputs == 2);
  const tests::Outcome again = bench(command);
  CHECK(again.exit_code == 2);
  CHECK(std::count(again.err.begin(), again.err.end(), '\n') == 1);
}

TEST_CASE("ssdbench infer: a damaged file is one line and exit code 3, a checkpoint 4") {
  const tests::TemporaryFolder folder;
  CHECK(bench("infer --checkpoint " + folder.path().string() + "/none").exit_code == 4);
  std::ofstream(folder.path() / "bad.jpg") << "no picture";
  const tests::Outcome outcome =
      bench("infer --device cpu --batch 1 --warmup 0 --steps 3 --images " + folder.path().string());
  INFO(outcome.err);
  CHECK(outcome.exit_code == 3);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
}

TEST_CASE("ssdbench train: a step's speed, its phases and its loss") {
  const json rows = printed("train --device cpu --batch 1 --warmup 0 --steps 3 --json")["results"];
  REQUIRE(rows.size() == 1);
  check_step(rows[0], "train", 1);
  CHECK(rows[0].at("loss").get<double>() > 0);
  CHECK(rows[0].at("machine").contains("notices"));
  check_phases(rows[0], {"copy", "targets", "forward", "losses", "backward", "update", "other"});
}

TEST_CASE("ssdbench train: on a data set, with the wait for its batches") {
  const tests::TemporaryFolder folder;
  const std::string set = drawn_set(folder);
  const json rows =
      printed("train --device cpu --batch 1 --warmup 0 --steps 3 --annotations " + set +
              "/annotations/instances_train.json --images " + set + "/images --json")["results"];
  check_phases(rows[0], {"data wait", "copy", "targets", "forward", "losses", "backward", "update",
                         "other"});
}

TEST_CASE("ssdbench op: operations with their share of the roofline") {
  const json j = printed("op --device cpu --mode infer --batch 1 --runs 3 --json");
  CHECK(j.at("peak_gb_per_second").get<double>() > 0);
  CHECK(j.at("peak_tflop_per_second").get<double>() > 0);
  CHECK(j.at("operations").size() > 5);
  CHECK(j.at("shapes").size() >= j.at("operations").size());
}

TEST_CASE("ssdbench allreduce: rates by size, of all ranks; sizes that ranks cannot share evenly") {
  const json j = printed("allreduce --ranks 3 --kib 1,50 --runs 3 --json");
  CHECK(j.at("ranks") == 3);
  REQUIRE(j.at("rows").size() == 2);
  for (const json& row : j.at("rows")) {
    check_spread(row.at("seconds"));
    const double bus = 1e-9 * row.at("bytes").get<double>() * 4 / 3;
    CHECK(row.at("bus_gb_per_second").at("median").get<double>() ==
          Approx(bus / row.at("seconds").at("median").get<double>()));
  }
  const tests::Outcome none = bench("allreduce --ranks 1");
  CHECK(none.exit_code == 2);
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

TEST_CASE("ssdbench data: the bare decoder, and a row by number of threads") {
  const tests::TemporaryFolder folder;
  const std::string set = drawn_set(folder);
  const std::string command = "data --annotations " + set +
                              "/annotations/instances_train.json --images " + set +
                              "/images --batch 2 --seconds 0.05 --runs 3 --threads 1,2";
  const json rows = printed(command + " --json")["results"];
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].at("what") == "bare decoder");
  CHECK(rows[2].at("threads") == 2);
  for (const json& row : rows) {
    check_spread(row.at("images_per_second"));
    check_spread(row.at("ms_per_image"));
  }
  const tests::Outcome table = bench(command);
  CHECK(table.exit_code == 0);
  CHECK(std::count(table.out.begin(), table.out.end(), '\n') == 5);
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
  CHECK(outcome.out.find("1 of 1 cases slower; 2 cases are in one file only") != std::string::npos);
}

TEST_CASE("ssdbench compare: rows of every command") {
  const tests::TemporaryFolder folder;
  const fs::path before = folder.path() / "a.json", after = folder.path() / "b.json";
  const auto check = [&](const std::string& rows, const json& row, const std::string& field) {
    const auto file = [&](double factor) {
      json copy = row;
      copy[field] = {{"p25", 9 * factor}, {"median", 10 * factor}, {"p75", 11 * factor}};
      return json{{"mode", "any"}, {"batch", 8}, {rows, {copy}}};
    };
    write_json(before, file(1));
    for (const double factor : {0.5, 1.1, 1.5}) {
      write_json(after, file(factor));
      const tests::Outcome outcome = bench("compare " + before.string() + " " + after.string());
      INFO(field << " " << factor << "\n" << outcome.out << outcome.err);
      CHECK(outcome.exit_code == (factor > 1.2 ? 1 : 0));
    }
  };
  check("results", {{"from", "files"}}, "ms_per_step");
  check("results", {{"what", "loader"}, {"threads", 2}}, "ms_per_image");
  check("results", {{"what", "conv1"}, {"pass", "forward"}}, "ms");
  check("operations", {{"op", "sgd"}, {"ms", 3}}, "ms_in_steps");
  check("rows", {{"what", "evaluate, 2 threads"}}, "seconds");
  // Another operation, or pictures from elsewhere, is another case.
  write_json(before,
             {{"results", {{{"from", "files"}, {"ms", {{"p25", 1}, {"median", 1}, {"p75", 1}}}}}}});
  write_json(after, {{"results",
                      {{{"from", "decoded"}, {"ms", {{"p25", 1}, {"median", 1}, {"p75", 1}}}}}}});
  CHECK(bench("compare " + before.string() + " " + after.string()).exit_code == 3);
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
        "op --mode both", "eval --runs 1", "eval --threads 0", "conv --dtype fp8", "conv --runs 0",
        "data", "infer --device gpu", "infer --original-table --steps 99", "infer --from memory",
        "train --annotations a.json", "train --images photos", "train --conv-algorithm fft"}) {
    const tests::Outcome outcome = bench(arguments);
    INFO(arguments << "\n" << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
}
