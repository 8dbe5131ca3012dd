// `ssdbench train` and `ssdbench infer`: the whole SSD320 on random pictures and boxes.
#include <fmt/core.h>
#include <omp.h>

#include "benchmarks/commands.h"
#include "benchmarks/ssd320_run.h"
#include "benchmarks/times.h"

namespace {

using benchmarks::Times;
using json = nlohmann::ordered_json;

struct Options : benchmarks::RunOptions {
  std::vector<int> batches{8};
  int steps = 0, warmup = 0;
};

// From the return of one step to that of the next, as in a training run: a step returns when the
// one before is done and its own batch is on the way. Plans are made, and recordings, in the
// warm-up.
Times measure(const Options& o, benchmarks::Ssd320Run& run) {
  std::vector<double> seconds;
  for (int i = 0; i < o.warmup + o.steps; ++i) {
    const double start = benchmarks::seconds_now(o.cpu_time);
    run.step();
    if (i >= o.warmup) seconds.push_back(benchmarks::seconds_now(o.cpu_time) - start);
  }
  return Times(std::move(seconds));
}

// FLOP of one step's convolutions, from a step that is not timed.
double count_flop(benchmarks::Ssd320Run& run) {
  const int64_t before = run.device().conv_macs();
  run.step();
  return 2 * double(run.device().conv_macs() - before);
}

json latency(const Times& t) {
  return {{"mean", 1e3 * t.mean()},
          {"p50", t.quantile_ms(0.5)},
          {"p90", t.quantile_ms(0.9)},
          {"p95", t.quantile_ms(0.95)},
          {"p99", t.quantile_ms(0.99)}};
}

json settings(const Options& o, benchmarks::Ssd320Run& run) {
  return {{"device", run.device().backend().name()},
          {"precision", o.precision},
          {"mode", o.mode},
          {"frozen_batch_norm", o.frozen},
          {"deterministic", o.deterministic},
          {"threads", omp_get_max_threads()},
          {"clock", o.cpu_time ? "cpu" : "wall"},
          {"warmup", o.warmup},
          {"steps", o.steps}};
}

json measure_batch(const Options& o, int images) {
  benchmarks::Ssd320Run run(o, images);
  const double flop = count_flop(run);
  json result = settings(o, run);
  result["batch"] = images;
  const Times t = measure(o, run);
  if (o.trains())
    result["loss"] = run.loss();
  else
    result["boxes_found"] = run.boxes_found();
  result["images_per_second"] = {{"min", images / t.max()},
                                 {"median", images / t.median()},
                                 {"max", images / t.min()},
                                 {"mean_of_rates", t.mean_rate(images)}};
  result["ms_per_step"] = t.spread(1e3);
  if (!o.trains()) result["latency_ms"] = latency(t);
  result["gflop_per_image"] = 1e-9 * flop / images;
  result["tflop_per_second"] = {{"median", 1e-12 * flop / t.median()},
                                {"max", 1e-12 * flop / t.min()}};
  result["step_memory_mib"] = double(run.device().arena().peak()) / double(1 << 20);
  return result;
}

void print_head(const Options& o) {
  fmt::print("{} {}{}, {} steps of each batch size after {} of warm-up, {} time\n", o.mode,
             o.precision, o.frozen ? ", frozen batch norm" : "", o.steps, o.warmup,
             o.cpu_time ? "CPU" : "wall");
  fmt::print("{:>5} {:^29} {:^29} {:>8} {:>10}  {}\n", "batch", "img/s: min median max",
             "ms/step: min median max", "TFLOP/s", "memory MiB",
             o.trains() ? "loss" : "latency ms: mean p50 p90 p95 p99");
}

void print_row(const json& r) {
  auto three = [](const json& j) {
    return fmt::format("{:9.2f} {:9.2f} {:9.2f}", j["min"].get<double>(), j["median"].get<double>(),
                       j["max"].get<double>());
  };
  fmt::print("{:5} {} {} {:8.3f} {:10.0f} ", r["batch"].get<int>(), three(r["images_per_second"]),
             three(r["ms_per_step"]), r["tflop_per_second"]["median"].get<double>(),
             r["step_memory_mib"].get<double>());
  if (r.contains("loss")) fmt::print(" {:.4f}", r["loss"].get<double>());
  for (const json& value : r.value("latency_ms", json::object()))
    fmt::print(" {}", value.is_null() ? "-" : fmt::format("{:.2f}", value.get<double>()));
  fmt::print("\n");
}

void benchmark(const Options& o) {
  json results = json::array();
  for (int images : o.batches) {
    results.push_back(measure_batch(o, images));
    if (!o.json && results.size() == 1) print_head(o);
    if (!o.json) print_row(results.back());
    std::fflush(stdout);
  }
  if (o.json) fmt::print("{}\n", json{{"results", results}}.dump());
}

benchmarks::Command add(CLI::App& program, const std::string& mode, const std::string& summary,
                        int steps, int warmup) {
  auto o = std::make_shared<Options>();
  o->mode = mode, o->steps = steps, o->warmup = warmup;
  CLI::App* app = program.add_subcommand(mode, summary);
  benchmarks::add_run_options(*app, *o);
  app->add_option("--batch", o->batches, "images per step; several: 1,8,32")
      ->delimiter(',')
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app->add_option("--steps", o->steps, "timed steps; a percentile p needs 100 / (100 - p)")
      ->check(CLI::Range(benchmarks::kFewestRuns, 1000000))
      ->capture_default_str();
  app->add_option("--warmup", o->warmup, "steps before them")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  return {app, [o] {
            benchmark(*o);
            return 0;
          }};
}

}  // namespace

namespace benchmarks {

Command add_train_command(CLI::App& program) {
  return add(program, "train", "Times training steps: targets, forward, losses, backward, update",
             10, 3);
}

Command add_infer_command(CLI::App& program) {
  return add(program, "infer", "Times detection from pictures in memory to boxes, NMS included",
             300, 100);
}

}  // namespace benchmarks
