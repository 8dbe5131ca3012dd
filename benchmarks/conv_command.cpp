// `ssdbench conv`: times every convolution of SSD320 in every pass on the CPU, and adds them up to
// a step.
#include <fmt/core.h>
#include <omp.h>

#include <algorithm>

#include "benchmarks/commands.h"
#include "benchmarks/machine_watch.h"
#include "benchmarks/output.h"
#include "benchmarks/ssd320_convs.h"
#include "benchmarks/times.h"
#include "engine/backend.h"
#include "tools/config/shared_limits.h"

namespace {

using namespace engine;
using benchmarks::Times;
using json = nlohmann::ordered_json;

struct Options {
  int images = 8, threads = 0, runs = 5;
  std::string dtype = "f32", algorithm = "auto";
  bool plain_loops = false, cpu_time = false, fixed_weights = false;
  benchmarks::OutputOptions output;
};

// A tensor of ones on the heap; time does not depend on the values.
struct Filled {
  Memory memory;
  View view;
  Filled(Backend& backend, const Shape& shape, DType dtype)
      : memory(backend, size_t(shape.size() * kernels::size_of(dtype)), MemoryKind::device),
        view{memory.data(), dtype, shape} {
    kernels::dispatch(dtype, [&]<class T>() { std::fill_n(view.as<T>(), shape.size(), T(1)); });
  }
};

Times time_runs(Backend& backend, const ConvShape& s, const Options& o) {
  auto plan = o.plain_loops ? make_plain_loops(s) : backend.plan(s);
  bool dw = s.pass == ConvPass::grad_weight;
  Filled x(backend, s.x_shape(), s.dtype), y(backend, s.y_shape(), s.dtype);
  Filled weight(backend, s.weight_shape(), dw ? accumulator(s.dtype) : s.dtype);
  Memory workspace(backend, plan->workspace(), MemoryKind::device);
  ConvArgs args{.x = x.view,
                .weight = weight.view,
                .y = y.view,
                .workspace = workspace.data(),
                .weight_version = o.fixed_weights};
  std::vector<double> seconds;
  for (int i = 0; i <= o.runs; ++i) {
    double start = benchmarks::seconds_now(o.cpu_time);
    plan->run({}, args);
    if (i > 0) seconds.push_back(benchmarks::seconds_now(o.cpu_time) - start);
  }
  return Times(std::move(seconds));
}

constexpr const char* kPasses[] = {"forward", "grad_input", "grad_weight"};

// One pass of one convolution: milliseconds of a whole batch, and what it amounts to.
json measure(const benchmarks::ModelConv& conv, int pass, const Options& o) {
  // One for each convolution: a backend's plans keep transformed weights by the tensor's identity,
  // and the weights here have none.
  auto backend = make_cpu_backend(conv_algorithm_named(o.algorithm));
  ConvShape s = conv.shape;
  s.pass = ConvPass(pass);
  s.dtype = o.dtype == "bf16" ? DType::bf16 : DType::f32;
  s.images = o.images;
  const Times t = time_runs(*backend, s, o);
  return {{"what", conv.name},
          {"pass", kPasses[pass]},
          {"count", conv.count},
          {"gflop", 2e-9 * double(s.macs())},
          {"ms", t.spread(1e3)}};
}

// Milliseconds per image and GFLOP/s of the fastest run.
void print_cell(const json& row, int images) {
  const double ms = row["ms"]["min"].get<double>();
  fmt::print(" {:8.3f} {:7.1f}", ms / images, 1e3 * row["gflop"].get<double>() / ms);
  std::fflush(stdout);
}

struct Total {
  double ms = 0, gflop = 0;  // of an image, with the fastest runs

  void add(const json& row, int images) {
    const double count = row["count"].get<double>() / images;
    ms += count * row["ms"]["min"].get<double>();
    gflop += count * row["gflop"].get<double>();
  }
};

json settings(const Options& o) {
  return {{"mode", "conv"},
          {"device", "cpu"},
          {"batch", o.images},
          {"threads", omp_get_max_threads()},
          {"precision", o.dtype},
          {"conv_algorithm", o.plain_loops ? "plain loops" : o.algorithm},
          {"fixed_weights", o.fixed_weights},
          {"clock", o.cpu_time ? "cpu" : "wall"},
          {"runs", o.runs}};
}

json measure_all(const Options& o, Total (&total)[3]) {
  json rows = json::array();
  for (const auto& conv : benchmarks::ssd320_convs()) {
    if (o.output.prints_table()) fmt::print("{:36} {:3} ", conv.name, conv.count);
    for (int pass = 0; pass < 3; ++pass) {
      if (pass == 1 && conv.name == "conv1") {
        if (o.output.prints_table()) fmt::print(" {:>16}", "-");
        continue;
      }
      rows.push_back(measure(conv, pass, o));
      total[pass].add(rows.back(), o.images);
      if (o.output.prints_table()) print_cell(rows.back(), o.images);
    }
    if (o.output.prints_table()) fmt::print("\n");
  }
  return rows;
}

void print_totals(const Total (&total)[3]) {
  double ms = 0, gflop = 0;
  fmt::print("{:36}     ", "all, each n times");
  for (const Total& pass : total) {
    fmt::print(" {:8.1f} {:7.1f}", pass.ms, 1e3 * pass.gflop / pass.ms);
    ms += pass.ms, gflop += pass.gflop;
  }
  fmt::print("\nforward {:.4f} s, training step {:.4f} s per image at {:.1f} GFLOP/s\n",
             1e-3 * total[0].ms, 1e-3 * ms, 1e3 * gflop / ms);
}

void benchmark(const Options& o) {
  const base::OutputLocks locks = check_outputs(o.output, {});
  if (o.threads > 0) omp_set_num_threads(o.threads);
  if (o.output.prints_table())
    fmt::print("{:36} {:>3}  {:>16} {:>16} {:>16}\n", "per image: ms, GFLOP/s", "n", kPasses[0],
               kPasses[1], kPasses[2]);
  Total total[3];
  benchmarks::MachineWatch watch;
  json result = settings(o);
  result["results"] = measure_all(o, total);
  const benchmarks::MachineReport machine = watch.report();
  result["machine"] = machine.to_json();
  if (o.output.prints_table()) print_totals(total);
  benchmarks::print_notices("conv", machine);
  benchmarks::LoggedCase logged{.parameters = settings(o)};
  for (int pass = 0; pass < 3; ++pass)
    logged.figures.emplace_back(fmt::format("conv_{}_ms_per_image", kPasses[pass]), total[pass].ms);
  write_outputs(o.output, result, {logged});
}

}  // namespace

namespace benchmarks {

Command add_conv_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  tools::Options opts = program.add_command("conv", "Times every convolution alone, on the CPU");
  opts.add("--batch", o->images, "images").whole_within(config::limits::batch_size).show_default();
  opts.add("--threads", o->threads, "CPU threads; 0: one per core").between(0, 4096);
  opts.add("--runs", o->runs, "runs, of which the fastest counts")
      .between(kFewestRuns, kMostRuns, kWhyNotFewer)
      .show_default();
  opts.add("--dtype", o->dtype, "of activations and weights")
      .show_default()
      .one_of({"f32", "bf16"});
  const tools::Option algorithm = opts.add("--algorithm", o->algorithm, "as train.conv_algorithm")
                                      .show_default()
                                      .one_of(engine::conv_algorithm_names());
  opts.add("--plain-loops", o->plain_loops, "the plain loops instead of oneDNN")
      .excludes(algorithm);
  opts.add("--fixed-weights", o->fixed_weights, "weights that do not change, as at inference");
  opts.add("--cpu-time", o->cpu_time,
           "CPU time of all threads; on a busy machine, with one thread");
  add_output_options(opts, o->output);
  return {opts, [o] {
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
