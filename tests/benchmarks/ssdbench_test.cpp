// ssdbench: what its subcommands print at small sizes, and bad input. No time is asserted.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "benchmarks/machine_watch.h"
#include "benchmarks/phases.h"
#include "benchmarks/times.h"
#include "engine/backend.h"
#include "tests/support/tools/ssdbench.h"

namespace fs = std::filesystem;
using json = nlohmann::json;
using tests::bench, tests::drawn_set, tests::printed;

namespace {

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

// The phases are these, and together they are a step: none is lost, and none counts twice.
void check_phases(const json& row, const std::vector<std::string>& names) {
  double sum = 0;
  std::set<std::string> found;
  for (const auto& [name, spread] : row.at("phases_ms").items()) {
    found.insert(name);
    CHECK(spread.at("min").get<double>() <= spread.at("max").get<double>());
    CHECK(spread.at("mean").get<double>() > 0);
    sum += spread.at("mean").get<double>();
  }
  CHECK(found == std::set<std::string>(names.begin(), names.end()));
  CHECK(sum == Approx(row.at("ms_per_step").at("mean").get<double>()).epsilon(1e-9));
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

TEST_CASE("phases: each has its time, and what belongs to none is other") {
  double time = 0;
  benchmarks::PhaseMeter meter([&time] { return time; });
  const auto range = [&](const char* name, double begin, double end) {
    time = begin;
    meter.begin(name);
    time = end;
    meter.end(name);
  };
  range("upload", 0, 7);  // before the step: counts nowhere
  time = 10;
  meter.begin_step();
  range("upload", 11, 13);
  time = 14;
  meter.begin("forward");
  range("losses", 15, 16);  // within another phase: belongs to that
  time = 18;
  meter.end("forward");
  range("no phase", 19, 21);
  range("forward", 22, 23);  // a second time
  time = 25;
  CHECK(meter.end_step() == 15);
  meter.begin_step();
  range("forward", 26, 30);
  time = 31;
  CHECK(meter.end_step() == 6);

  const json phases = meter.to_json();
  CHECK(phases.size() == 3);
  for (const auto& [name, first, second] :
       {std::tuple("copy", 2., 0.), {"forward", 5., 4.}, {"other", 8., 2.}}) {
    INFO(name);
    CHECK(phases.at(name).at("min").get<double>() == Approx(1e3 * std::min(first, second)));
    CHECK(phases.at(name).at("max").get<double>() == Approx(1e3 * std::max(first, second)));
    CHECK(phases.at(name).at("mean").get<double>() == Approx(1e3 * (first + second) / 2));
  }
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
  CHECK(watch.own_seconds() > 0);
  CHECK(watch.report(1e3).other_cores == 0);  // what the measurement's own processes did
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
  const std::string set = drawn_set(folder.path()), log = folder.path() / "log.json",
                    result = folder.path() / "new/result.json";
  const std::string command = "infer --device cpu --batch 2 --warmup 0 --steps 3 --from " +
                              ("decoded,files --images " + set) + "/images --json " + result +
                              " --dllogger " + log;
  const tests::Outcome outcome = bench(command);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out.find("from") != std::string::npos);  // the table
  CHECK(outcome.err.find("it needs 10 steps") != std::string::npos);
  const json whole = json::parse(std::ifstream(result)), rows = whole["results"];
  CHECK_FALSE(whole.at("machine").at("cpu").get<std::string>().empty());
  CHECK_THAT(whole["machine"].at("version").get<std::string>(), Catch::Contains(" (git "));
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
  const std::string set = drawn_set(folder.path());
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
  check_spread(j.at("ms_of_whole_steps"));
  CHECK(j.at("ms_of_whole_steps").at("min") == j.at("ms_per_step"));
  for (const json& row : j.at("operations")) {
    const double seconds = 1e-3 * row.at("ms").get<double>();
    CHECK(row.at("gb_per_second").get<double>() ==
          Approx(1e-3 * row.at("mb").get<double>() / seconds));
    CHECK(row.at("tflop_per_second").get<double>() ==
          Approx(1e-3 * row.at("gflop").get<double>() / seconds));
  }
}

TEST_CASE("ssdbench allreduce: rates by size, of all ranks; sizes that ranks cannot share evenly") {
  const json j = printed("allreduce --ranks 3 --kib 1,50 --runs 3 --json");
  CHECK(j.at("ranks") == 3);
  CHECK(j.at("machine").at("seconds").get<double>() > 0);
  CHECK(j.at("machine").at("clock_spread").get<double>() >= 1);
  CHECK(j.at("machine").contains("notices"));
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

TEST_CASE("ssdbench allreduce: where there is no GPU, this is told once") {
  CHECK(printed("allreduce --device auto --kib 1 --runs 3 --json").contains("transport"));
  if (engine::cuda_devices() > 0) return;
  const tests::Outcome none = bench("allreduce --ranks 3 --device cuda");
  CHECK(none.exit_code == 6);
  CHECK_THAT(none.err, Catch::StartsWith("ssdbench: device cuda:0: "));
  CHECK(std::count(none.err.begin(), none.err.end(), '\n') == 1);
  CHECK(bench("allreduce --device cuda:1").exit_code == 2);
}

TEST_CASE("ssdbench allreduce: a signal to it ends all ranks with its code, and nothing is told") {
  const tests::Outcome o =
      tests::run("timeout --preserve-status -s TERM 3 " + tests::program("ssdbench").string() +
                 " allreduce --ranks 2 --kib 4096 --runs 100000");
  INFO(o.err);
  CHECK(o.exit_code == 128 + SIGTERM);
  CHECK(o.err.empty());
}

TEST_CASE("ssdbench allreduce: what all ranks find wrong is told once") {
  const std::string program = tests::program("ssdbench").string();
  const tests::Outcome other = tests::run(fmt::format(
      "export MASTER_ADDR=127.0.0.1 MASTER_PORT={0} WORLD_SIZE=3; T='{1} allreduce --ranks 2'; "
      "RANK=1 $T & RANK=2 $T & RANK=0 $T; C=$?; wait; exit $C",
      21000 + (::getpid() + 11) % 20000, program));
  CHECK(other.exit_code == 2);
  CHECK(other.err ==
        "ssdbench: --ranks 2, but the launcher has started 3 ranks: leave --ranks "
        "away, or start as many\n");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const tests::Outcome large =
      tests::run("ulimit -v 1000000; " + program + " allreduce --ranks 3 --kib 1048576");
  INFO(large.err);
  CHECK(large.exit_code == 6);
  CHECK(std::count(large.err.begin(), large.err.end(), '\n') == 1);
#endif
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
  const std::string set = drawn_set(folder.path());
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

TEST_CASE("ssdbench: the reason of the least number of steps is said of fewer ones alone") {
  for (const char* steps : {"2", "100000000", "99999999999"}) {
    const tests::Outcome outcome = bench(std::string("train --steps ") + steps);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK((outcome.err.find("fewer runs") != std::string::npos) == (steps[0] == '2'));
  }
}

TEST_CASE("ssdbench: bad input is one line and exit code 2") {
  for (const char* arguments :
       {"", "trian", "infer --batch 0", "infer --steps 2", "train --steps 1", "op --runs 2",
        "op --mode both", "eval --runs 1", "eval --threads 0", "conv --dtype fp8", "conv --runs 0",
        "data", "infer --device gpu", "infer --original-table --steps 99",
        "infer --original-table --json", "infer --from memory", "train --annotations a.json",
        "train --images photos", "train --conv-algorithm fft",
        // Options that would change nothing.
        "infer --weight-gradients half", "infer --frozen", "op --mode infer --frozen",
        "op --mode infer --weight-gradients exact", "conv --plain-loops --algorithm direct",
        "eval --overwrite", "conv --json --overwrite"}) {
    const tests::Outcome outcome = bench(arguments);
    INFO(arguments << "\n" << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
}
