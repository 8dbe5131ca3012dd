// `ssdbench conv`: times every convolution of SSD320 in every pass on the CPU, and adds them up to
// a step.
#include <fmt/core.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "benchmarks/commands.h"
#include "benchmarks/ssd320_convs.h"
#include "benchmarks/times.h"
#include "engine/backend.h"

namespace {

using namespace engine;

struct Options {
  int images = 8, threads = 0, runs = 5;
  std::string dtype = "f32", algorithm = "auto";
  bool reference = false, cpu_time = false, fixed_weights = false;
};

// A tensor of ones on the heap; time does not depend on the values.
struct Filled {
  Memory memory;
  View view;
  Filled(Backend& backend, const Shape& shape, DType dtype)
      : memory(backend, size_t(shape.size() * kernels::size_of(dtype)), Place::device),
        view{memory.data(), dtype, shape} {
    kernels::dispatch(dtype, [&]<class T>() { std::fill_n(view.as<T>(), shape.size(), T(1)); });
  }
};

// Seconds of the fastest of some runs.
double seconds(Backend& backend, const ConvShape& s, const Options& o) {
  auto plan = o.reference ? make_reference_conv(s) : backend.plan(s);
  bool dw = s.pass == ConvPass::grad_weight;
  Filled x(backend, s.x_shape(), s.dtype), y(backend, s.y_shape(), s.dtype);
  Filled weight(backend, s.weight_shape(), dw ? accumulator(s.dtype) : s.dtype);
  Memory workspace(backend, plan->workspace(), Place::device);
  ConvArgs args{.x = x.view,
                .weight = weight.view,
                .y = y.view,
                .workspace = workspace.data(),
                .weight_version = o.fixed_weights};
  double best = 1e30;
  for (int i = 0; i <= o.runs; ++i) {
    double start = benchmarks::seconds_now(o.cpu_time);
    plan->run({}, args);
    if (i > 0) best = std::min(best, benchmarks::seconds_now(o.cpu_time) - start);
  }
  return best;
}

void benchmark(const Options& o) {
  if (o.threads > 0) omp_set_num_threads(o.threads);
  double total[3] = {}, flops[3] = {};
  fmt::print("{:36} {:>3}  {:>16} {:>16} {:>16}\n", "per image: ms, GFLOP/s", "n", "forward",
             "grad_input", "grad_weight");
  for (const auto& conv : benchmarks::ssd320_convs()) {
    // One for each convolution: a backend's plans keep transformed weights by the tensor's
    // identity, and the weights here have none.
    auto backend = make_cpu_backend(conv_algorithm_named(o.algorithm));
    fmt::print("{:36} {:3} ", conv.name, conv.count);
    for (int pass = 0; pass < 3; ++pass) {
      ConvShape s = conv.shape;
      s.pass = ConvPass(pass);
      s.dtype = o.dtype == "bf16" ? DType::bf16 : DType::f32;
      s.images = o.images;
      if (pass == 1 && conv.name == "conv1") {
        fmt::print(" {:>16}", "-");
        continue;
      }
      double t = seconds(*backend, s, o), work = 2e-9 * double(s.macs());
      total[pass] += t * conv.count / o.images;
      flops[pass] += work * conv.count / o.images;
      fmt::print(" {:8.3f} {:7.1f}", 1e3 * t / o.images, work / t);
      std::fflush(stdout);
    }
    fmt::print("\n");
  }
  double step = total[0] + total[1] + total[2], work = flops[0] + flops[1] + flops[2];
  fmt::print("{:36}     ", "all, each n times");
  for (int pass = 0; pass < 3; ++pass)
    fmt::print(" {:8.1f} {:7.1f}", 1e3 * total[pass], flops[pass] / total[pass]);
  fmt::print("\nforward {:.4f} s, training step {:.4f} s per image at {:.1f} GFLOP/s\n", total[0],
             step, work / step);
}

}  // namespace

namespace benchmarks {

Command add_conv_command(CLI::App& program) {
  auto o = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand("conv", "Times every convolution alone, on the CPU");
  app->add_option("--batch", o->images, "images")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app->add_option("--threads", o->threads, "CPU threads; 0: one per core")
      ->check(CLI::Range(0, 4096));
  app->add_option("--runs", o->runs, "the fastest of so many counts")
      ->check(CLI::Range(kFewestRuns, 1000))
      ->capture_default_str();
  app->add_option("--dtype", o->dtype)
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->capture_default_str();
  app->add_option("--algorithm", o->algorithm, "as train.conv_algorithm")
      ->check(CLI::IsMember({"auto", "direct", "winograd"}))
      ->capture_default_str();
  app->add_flag("--reference", o->reference, "the plain loops instead of oneDNN");
  app->add_flag("--fixed-weights", o->fixed_weights, "weights that do not change, as at inference");
  app->add_flag("--cpu-time", o->cpu_time,
                "CPU time of all threads; on a busy machine, with one thread");
  return {app, [o] {
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
