// `ssdbench op`: where the time of SSD320 goes: every operation of a step that really runs, against
// the roofline of the device that it runs on.
#include <fmt/core.h>
#include <omp.h>

#include "benchmarks/commands.h"
#include "benchmarks/feeds.h"
#include "benchmarks/machine_watch.h"
#include "benchmarks/op/metered_backend.h"
#include "benchmarks/op/op_table.h"
#include "benchmarks/output.h"
#include "benchmarks/ssd320_run.h"
#include "benchmarks/times.h"
#include "engine/base/error.h"
#include "tools/config/shared_limits.h"

namespace {

using namespace benchmarks;
using json = nlohmann::ordered_json;

struct Options : RunOptions {
  int batch = 8, runs = 5;
  size_t rows = 40;
  double peak_tflop = 0, peak_gb = 0;  // a second; 0: measured
  OutputOptions output;

  bool peaks_known() const { return peak_tflop > 0 && peak_gb > 0; }
};

constexpr int kWarmUp = 3;  // plans are made, and recordings

// Seconds of a step as it runs in training or detection: replayed, in parallel branches. On a GPU
// the host is a step ahead, so several are timed together.
Times time_whole_steps(const Options& o) {
  Ssd320Run run(o, o.batch);
  engine::Backend& backend = run.device().backend();
  const auto feed = random_feed(backend, run.config(), o.batch);
  const int together = run.device().queue().gpu ? 10 : 1;
  for (int i = 0; i < kWarmUp; ++i) run.step(feed->next());
  std::vector<double> seconds;
  for (int i = 0; i < o.runs; ++i) {
    backend.synchronize(run.device().queue());
    const double start = seconds_now(o.cpu_time);
    for (int k = 0; k < together; ++k) run.step(feed->next());
    backend.synchronize(run.device().queue());
    seconds.push_back((seconds_now(o.cpu_time) - start) / together);
  }
  return Times(seconds);
}

// Work for a GPU while the host queues a step.
class HeadStart {
 public:
  // Takes 1 GiB, or less where a step may take little.
  explicit HeadStart(run::Device& device)
      : device_(device),
        bytes_(std::min(size_t(1) << 30, device.arena().size() / 8)),
        memory_(device.backend(), bytes_, engine::MemoryKind::device) {}
  void queue() {
    const size_t half = bytes_ / 2;
    char* const from = static_cast<char*>(memory_.data());
    for (int i = 0; i < (device_.queue().gpu ? kCopies : 0); ++i)
      device_.backend().copy(from + half, from, half, device_.queue());
  }

 private:
  static constexpr int kCopies = 60;  // of 0.2 to 0.7 ms each, if it takes 1 GiB
  run::Device& device_;
  size_t bytes_;
  engine::Memory memory_;
};

Peaks peaks_of(const Options& o, engine::Backend& backend) {
  if (o.peaks_known())
    return {.flop_per_second = 1e12 * o.peak_tflop, .bytes_per_second = 1e9 * o.peak_gb};
  return measure_peaks(backend, engine::precision_named(o.precision), o.runs);
}

struct Measured {
  std::string device;
  Peaks peaks;
  OpTable table;
  Times whole;
  MachineReport machine;
};

Measured measure(const Options& o) {
  MachineWatch watch;
  Measured m{.whole = time_whole_steps(o)};
  auto backend = std::make_unique<MeteredBackend>(
      engine::make_backend(o.device, run::backend_options(run_config(o, o.batch).train)));
  m.peaks = peaks_of(o, *backend);
  Ssd320Run run(o, o.batch, std::make_unique<run::Device>(std::move(backend), o.memory_gib));
  const auto feed = random_feed(run.device().backend(), run.config(), o.batch);
  HeadStart head_start(run.device());
  for (int i = 0; i < kWarmUp; ++i) run.step(feed->next());
  std::vector<TimedStep> steps;
  for (int i = 0; i < o.runs; ++i) {
    run.device().backend().synchronize(run.device().queue());
    head_start.queue();
    OpMeter::instance().start(run.device().queue());
    run.step(feed->next());
    steps.push_back(OpMeter::instance().stop());
  }
  m.peaks = best_of(m.peaks, peaks_of(o, run.device().backend()));
  m.device = run.device().backend().name();
  m.table = make_table(steps, m.peaks);
  m.machine = watch.report();
  return m;
}

json to_json(const Options& o, const Measured& m) {
  return {{"device", m.device},
          {"precision", o.precision},
          {"mode", o.mode},
          {"frozen_batch_norm", o.frozen},
          {"deterministic", o.deterministic},
          {"conv_algorithm", o.conv_algorithm},
          {"weight_gradients", o.weight_gradients},
          {"threads", omp_get_max_threads()},
          {"clock", o.cpu_time ? "cpu" : "wall"},
          {"batch", o.batch},
          {"runs", o.runs},
          {"peak_tflop_per_second", 1e-12 * m.peaks.flop_per_second},
          {"peaks_given", o.peaks_known()},
          {"peak_convolution", m.peaks.convolution},
          {"peak_gb_per_second", 1e-9 * m.peaks.bytes_per_second},
          {"ms_per_step", 1e3 * m.whole.min()},
          {"ms_of_whole_steps", m.whole.spread(1e3)},
          {"ms_of_operations", 1e3 * m.table.all.seconds},
          {"ms_outside_operations", 1e3 * m.table.outside},
          {"roofline_ms", 1e3 * m.table.all.roofline},
          {"operations", benchmarks::to_json(by_operation(m.table))},
          {"shapes", benchmarks::to_json(m.table)},
          {"machine", m.machine.to_json()}};
}

void print(const Options& o, const Measured& m) {
  fmt::print("{}, {} {}{}, batch {}, {} threads, {} time; the fastest of {} steps\n", m.device,
             o.mode, o.precision, o.frozen ? ", frozen batch norm" : "", o.batch,
             omp_get_max_threads(), o.cpu_time ? "CPU" : "wall", o.runs);
  const std::string convolution =
      o.peaks_known() ? "" : fmt::format(" (convolution {})", m.peaks.convolution);
  fmt::print("peaks {}: {:.4f} TFLOP{} and {:.1f} GB a second{}\n",
             o.peaks_known() ? "as given" : "measured before and after",
             1e-12 * m.peaks.flop_per_second, convolution, 1e-9 * m.peaks.bytes_per_second,
             o.cpu_time && !o.peaks_known() ? " of CPU time" : "");
  fmt::print("a step as it runs: {:.2f} ms\n", 1e3 * m.whole.min());
  fmt::print("operation by operation: {:.2f} ms, and {:.2f} ms between them\n\n",
             1e3 * m.table.all.seconds, 1e3 * m.table.outside);
  const OpTable operations = by_operation(m.table);
  benchmarks::print(operations, operations.rows.size());
  fmt::print("\n{} of {} shapes:\n", std::min(o.rows, m.table.rows.size()), m.table.rows.size());
  benchmarks::print(m.table, o.rows);
}

void benchmark(const Options& o) {
  OpMeter::instance().use_cpu_time(o.cpu_time);
  if (o.threads > 0) omp_set_num_threads(o.threads);
  const base::OutputLocks locks = check_outputs(o.output, o.inputs());
  const Measured m = measure(o);
  if (o.output.prints_table()) print(o, m);
  print_notices("op " + o.mode, m.machine);
  const std::string figure = o.mode + "_ms_per_step";
  json all = to_json(o, m);
  if (!o.checkpoint.empty()) all["checkpoint"] = o.checkpoint;
  write_outputs(o.output, all,
                {{.parameters = {{"mode", o.mode}, {"batch_size", o.batch}, {"device", m.device}},
                  .figures = {{figure, 1e3 * m.whole.min()},
                              {figure + "_of_operations", 1e3 * m.table.all.seconds},
                              {figure + "_by_roofline", 1e3 * m.table.all.roofline}}}});
}

void refuse_given(const std::vector<tools::Option>& options, const std::string& needed) {
  for (const tools::Option& option : options)
    if (option.given())
      base::fail(base::ExitCode::usage, option.name(), " needs ", needed,
                 ": without it, it changes nothing");
}

}  // namespace

namespace benchmarks {

Command add_op_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  tools::Options opts =
      program.add_command("op", "Times every operation of a step against the roofline");
  add_run_options(opts, *o);
  const std::vector<tools::Option> of_training = add_training_options(opts, *o);
  opts.add("--mode", o->mode, "a training step or a detection")
      .show_default()
      .one_of({"train", "infer"});
  opts.add("--batch", o->batch, "images per step")
      .whole_within(config::limits::batch_size)
      .show_default();
  opts.add("--runs", o->runs, "steps that are timed; each row shows its fastest")
      .between(kFewestRuns, kMostRuns, kWhyNotFewer)
      .show_default();
  opts.add("--rows", o->rows, "rows of the table by shape to print; JSON has all")
      .between(0, 100000)
      .show_default();
  opts.add("--peak-tflop", o->peak_tflop,
           "TFLOP a second that the device reaches, from its data sheet; 0: measure it")
      .between(0.0, 1e6);
  opts.add("--peak-gb", o->peak_gb, "the same for its memory, in GB a second; 0: measure it")
      .between(0.0, 1e6);
  add_output_options(opts, o->output);
  return {opts, [o, of_training] {
            if ((o->peak_tflop > 0) != (o->peak_gb > 0))
              base::fail(base::ExitCode::usage, o->peak_gb > 0 ? "--peak-gb" : "--peak-tflop",
                         " needs ", o->peak_gb > 0 ? "--peak-tflop" : "--peak-gb",
                         ", too: a roofline has two lines");
            if (!o->trains()) refuse_given(of_training, "--mode train");
            o->find_checkpoint();
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
