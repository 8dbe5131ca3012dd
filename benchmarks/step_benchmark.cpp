// Times the whole SSD320, training steps or detection, on random pictures and boxes.
//   step_benchmark --device cpu --precision bf16 --batch 1,8 --mode train [--json]
#include <fmt/core.h>
#include <omp.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "benchmarks/ssd320_run.h"

namespace {

using json = nlohmann::ordered_json;

struct Options : benchmarks::RunOptions {
  std::vector<int> batches{8};
  int steps = 10, warmup = 3;
  bool cpu_time = false, json = false;
};

struct Times {
  std::vector<double> seconds;  // of each step, in rising order
  int64_t macs = 0;             // of one step's convolutions

  double quantile(double q) const {
    return seconds[size_t(std::llround(q * double(seconds.size() - 1)))];
  }
};

double now(bool cpu_time) {
  timespec t;
  clock_gettime(cpu_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

// From the return of one step to that of the next, as in a training run: a step returns when the
// one before is done and its own batch is on the way. Plans are made, and recordings, in the
// warm-up.
Times measure(const Options& o, benchmarks::Ssd320Run& run) {
  Times times;
  for (int i = 0; i < o.warmup + o.steps; ++i) {
    const int64_t macs = run.device().conv_macs();
    const double start = now(o.cpu_time);
    run.step();
    if (i == 0) times.macs = run.device().conv_macs() - macs;
    if (i >= o.warmup) times.seconds.push_back(now(o.cpu_time) - start);
  }
  std::sort(times.seconds.begin(), times.seconds.end());
  return times;
}

json measure_batch(const Options& o, int images) {
  benchmarks::Ssd320Run run(o, images);
  json result{{"device", run.device().backend().name()},
              {"precision", o.precision},
              {"mode", o.mode},
              {"frozen_batch_norm", o.frozen},
              {"deterministic", o.deterministic},
              {"threads", omp_get_max_threads()},
              {"clock", o.cpu_time ? "cpu" : "wall"},
              {"steps", o.steps},
              {"batch", images}};
  const Times times = measure(o, run);
  if (o.trains()) {
    result["loss"] = run.loss();
  } else {
    result["boxes_found"] = run.boxes_found();
    result["latency_ms"] = {{"p50", 1e3 * times.quantile(0.5)},
                            {"p90", 1e3 * times.quantile(0.9)},
                            {"p99", 1e3 * times.quantile(0.99)}};
  }
  const double best = times.seconds.front(), median = times.quantile(0.5);
  const double flop = 2 * double(times.macs);
  result["images_per_second"] = {{"best", images / best}, {"median", images / median}};
  result["ms_per_step"] = {{"best", 1e3 * best}, {"median", 1e3 * median}};
  result["gflop_per_image"] = 1e-9 * flop / images;
  result["tflop_per_second"] = {{"best", 1e-12 * flop / best}, {"median", 1e-12 * flop / median}};
  result["step_memory_mib"] = double(run.device().arena().peak()) / double(1 << 20);
  return result;
}

void print_head(const Options& o) {
  fmt::print("{} {}{}, {} steps of each batch size, {} time\n", o.mode, o.precision,
             o.frozen ? ", frozen batch norm" : "", o.steps, o.cpu_time ? "CPU" : "wall");
  fmt::print("{:>5} {:>9} {:>9} {:>9} {:>9} {:>8} {:>10}  {}\n", "batch", "img/s", "median",
             "ms/step", "median", "TFLOP/s", "memory MiB",
             o.trains() ? "loss" : "latency ms: p50 p90 p99");
}

void print_row(const json& r) {
  fmt::print("{:5} {:9.2f} {:9.2f} {:9.2f} {:9.2f} {:8.3f} {:10.0f}  ", r["batch"].get<int>(),
             r["images_per_second"]["best"].get<double>(),
             r["images_per_second"]["median"].get<double>(), r["ms_per_step"]["best"].get<double>(),
             r["ms_per_step"]["median"].get<double>(), r["tflop_per_second"]["best"].get<double>(),
             r["step_memory_mib"].get<double>());
  if (r.contains("loss")) {
    fmt::print("{:.4f}\n", r["loss"].get<double>());
  } else {
    const json& l = r["latency_ms"];
    fmt::print("{:.2f} {:.2f} {:.2f}\n", l["p50"].get<double>(), l["p90"].get<double>(),
               l["p99"].get<double>());
  }
}

void benchmark(const Options& o) {
  if (!o.json) print_head(o);
  for (int images : o.batches) {
    const json result = measure_batch(o, images);
    if (o.json)
      fmt::print("{}\n", result.dump());
    else
      print_row(result);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("", "step_benchmark");
  tools::describe_program(
      app, "Times the whole SSD320 (90 classes, 320 x 320) on random pictures and boxes",
      {{"step_benchmark --precision bf16 --batch 1,8 --mode infer", "detection, NMS included"},
       {"step_benchmark --device cuda:0 --precision bf16 --batch 32,64 --json",
        "training steps: targets, forward, losses, backward, update"}});
  benchmarks::add_run_options(app, o);
  app.add_option("--batch", o.batches, "images per step; several: 1,8,32")
      ->delimiter(',')
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--steps", o.steps, "timed steps")->check(CLI::Range(1, 1000000));
  app.add_option("--warmup", o.warmup, "steps before them")->check(CLI::Range(0, 1000000));
  app.add_flag("--cpu-time", o.cpu_time,
               "CPU time of all threads, for busy machines; with OMP_WAIT_POLICY=passive");
  app.add_flag("--json", o.json, "one JSON object per batch size");
  return tools::run_program(argc, argv, app, [&] { benchmark(o); });
}
