#include "benchmarks/step_case.h"

#include <fmt/core.h>
#include <omp.h>

#include "benchmarks/machine_watch.h"
#include "benchmarks/peak_memory.h"
#include "benchmarks/phases.h"
#include "benchmarks/times.h"
#include "tools/config/shared_limits.h"

namespace benchmarks {
namespace {

using json = nlohmann::ordered_json;

constexpr double kMiB = 1 << 20;

struct Measured {
  std::vector<double> seconds;
  json phases;  // null if they were not timed
  MachineReport machine;
};

// A step's time runs from the return of one step to that of the next, as in a training run: a step
// returns when the one before is done and its own batch is on the way. Plans are made, and
// recordings, in the warm-up.
Measured time_steps(const StepOptions& o, Ssd320Run& run, Feed& feed) {
  engine::Backend& backend = run.device().backend();
  const bool gpu = run.device().queue().gpu;
  for (int i = 0; i < o.warmup; ++i) run.step(feed.next());
  std::optional<PhaseMeter> phases;
  if (o.phases || !gpu) phases.emplace(phase_clock(backend, o.cpu_time));
  MachineWatch watch;
  Measured m;
  for (int i = 0; i < o.steps; ++i) {
    if (!gpu) watch.tick();
    const double start = seconds_now(o.cpu_time);
    if (phases) phases->begin_step();
    run.step(feed.next());
    m.seconds.push_back(phases ? phases->end_step() : seconds_now(o.cpu_time) - start);
  }
  m.machine = watch.report();
  if (phases) m.phases = phases->to_json();
  return m;
}

// FLOP of one step's convolutions, from a step that is not timed.
double count_flop(Ssd320Run& run, Feed& feed) {
  const int64_t before = run.device().conv_macs();
  run.step(feed.next());
  return 2 * double(run.device().conv_macs() - before);
}

json settings(const StepOptions& o, const StepSource& source, Ssd320Run& run) {
  return {{"device", run.device().backend().name()},
          {"precision", o.precision},
          {"mode", o.mode},
          {"from", source.from},
          {"pictures", source.pictures},
          {"checkpoint", o.checkpoint},
          {"frozen_batch_norm", o.frozen},
          {"deterministic", o.deterministic},
          {"conv_algorithm", o.conv_algorithm},
          {"weight_gradients", o.weight_gradients},
          {"threads", omp_get_max_threads()},
          {"clock", o.cpu_time ? "cpu" : "wall"},
          {"graph", !o.no_graph},
          {"warmup", o.warmup},
          {"steps", o.steps},
          {"batch", run.config().train.batch_size}};
}

json latency(const Times& t) {
  return {{"mean", 1e3 * t.mean()},
          {"p50", t.quantile_ms(0.5)},
          {"p90", t.quantile_ms(0.9)},
          {"p95", t.quantile_ms(0.95)},
          {"p99", t.quantile_ms(0.99)}};
}

void add_memory(Ssd320Run& run, json& row) {
  const double step = double(run.device().arena().peak());
  row["step_memory_mib"] = step / kMiB;
  row["device_memory_mib"] = (step + double(run.kept_bytes())) / kMiB;
  row["peak_memory_mib"] = peak_memory_mib();
}

json measure_steps(const StepOptions& o, const StepSource& source, Ssd320Run& run) {
  const auto feed = source.feed(run);
  const int images = run.config().train.batch_size;
  const double flop = count_flop(run, *feed);
  const Measured m = time_steps(o, run, *feed);
  const Times t(m.seconds);
  json row = settings(o, source, run);
  if (o.trains())
    row["loss"] = run.loss();
  else
    row["boxes_found"] = run.boxes_found();
  row["images_per_second"] = {{"min", images / t.max()},
                              {"median", images / t.median()},
                              {"max", images / t.min()},
                              {"mean_of_rates", t.mean_rate(images)}};
  row["ms_per_step"] = t.spread(1e3);
  if (!o.trains()) row["latency_ms"] = latency(t);
  if (!m.phases.is_null()) row["phases_ms"] = m.phases;
  row["gflop_per_image"] = 1e-9 * flop / images;
  row["tflop_per_second"] = {{"median", 1e-12 * flop / t.median()},
                             {"max", 1e-12 * flop / t.min()}};
  add_memory(run, row);
  row["machine"] = m.machine.to_json();
  print_notices(fmt::format("{} batch {}", o.mode, images), m.machine);
  return row;
}

json logged_parameters(const json& row) {
  return {{"mode", row["mode"]},
          {"from", row["from"]},
          {"batch_size", row["batch"]},
          {"device", row["device"]},
          {"precision", row["precision"]},
          {"warmup_iters", row["warmup"]},
          {"benchmark_iters", row["steps"]}};
}

}  // namespace

void add_step_options(tools::Options& opts, StepOptions& o) {
  add_run_options(opts, o);
  opts.add("--batch", o.batches, "images per step; several: 1,8,32")
      .comma_separated()
      .whole_within(config::limits::batch_size)
      .show_default();
  opts.add("--steps", o.steps, "timed steps; a percentile p needs 100 / (100 - p) of them")
      .between(kFewestRuns, kMostRuns, kWhyNotFewer)
      .show_default();
  opts.add("--warmup", o.warmup, "steps before the timed ones").between(0, 1000000).show_default();
  opts.add("--phases", o.phases,
           "on a GPU, waits for each phase of a step (with --no-graph); a CPU does it anyway");
  add_output_options(opts, o.output);
}

void benchmark_steps(const StepOptions& o, const std::vector<StepSource>& sources,
                     const StepReport& report) {
  json rows = json::array();
  std::vector<LoggedCase> cases;
  for (const int images : o.batches) {
    forget_peak_memory();
    Ssd320Run run(o, images);
    for (const StepSource& source : sources) {
      rows.push_back(measure_steps(o, source, run));
      cases.push_back({logged_parameters(rows.back()), report.figures(rows.back())});
      if (!o.output.prints_table()) continue;
      if (rows.size() == 1) report.head();
      report.row(rows.back());
    }
  }
  if (o.output.prints_table() && report.foot) report.foot(rows);
  write_outputs(o.output, {{"results", rows}}, cases);
}

std::string min_median_max(const json& spread) {
  return fmt::format("{:9.2f} {:9.2f} {:9.2f}", spread["min"].get<double>(),
                     spread["median"].get<double>(), spread["max"].get<double>());
}

void print_phases(const json& row) {
  const double step = row["ms_per_step"]["median"].get<double>();
  const json phases = row.value("phases_ms", json::object());
  for (const auto& [phase, spread] : phases.items())
    fmt::print("      {:12} {} ms, {:5.1f} % of a step\n", phase, min_median_max(spread),
               100 * spread["median"].get<double>() / step);
}

void say_missing_percentiles(const StepOptions& o) {
  const Times t(std::vector<double>(size_t(o.steps), 1.0));
  for (const auto& [percent, quantile] :
       {std::pair(90, 0.9), std::pair(95, 0.95), std::pair(99, 0.99)})
    if (!t.supports(quantile)) {
      fmt::print(stderr, "ssdbench: no latency from p{} on: it needs {} steps, --steps is {}\n",
                 percent, 100 / (100 - percent), o.steps);
      return;
    }
}

}  // namespace benchmarks
