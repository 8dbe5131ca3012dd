// `ssdbench train`: training steps of the whole SSD320, on a random batch or on a data set.
#include <fmt/core.h>

#include "benchmarks/commands.h"
#include "benchmarks/step_case.h"
#include "data/formats/coco.h"
#include "data/formats/source_files.h"

namespace {

using json = nlohmann::ordered_json;

struct Options : benchmarks::StepOptions {
  std::string annotations, images;
};

void print_head(const Options& o) {
  fmt::print("train {}{}, {} steps of each batch size after {} of warm-up, {} time\n", o.precision,
             o.frozen ? ", frozen batch norm" : "", o.steps, o.warmup, o.cpu_time ? "CPU" : "wall");
  fmt::print("{:>5} {:^29} {:^29} {:>8} {:>11} {:>9}\n", "batch", "img/s: min median max",
             "ms/step: min median max", "TFLOP/s", "memory, MiB", "loss");
}

void print_row(const json& r) {
  fmt::print("{:5} {} {} {:8.3f} {:11.0f} {:9.4f}\n", r["batch"].get<int>(),
             benchmarks::min_median_max(r["images_per_second"]),
             benchmarks::min_median_max(r["ms_per_step"]),
             r["tflop_per_second"]["median"].get<double>(), r["device_memory_mib"].get<double>(),
             r["loss"].get<double>());
  benchmarks::print_phases(r);
  std::fflush(stdout);
}

logs::NamedValues figures(const json& r) {
  return {{"train_throughput", r["images_per_second"]["mean_of_rates"].get<double>()}};
}

benchmarks::StepSource random_source() {
  return {"decoded", "random", [](benchmarks::Ssd320Run& run) {
            return benchmarks::random_feed(run.device().backend(), run.config(),
                                           run.config().train.batch_size);
          }};
}

benchmarks::StepSource file_source(const Options& o, const data::Dataset& dataset) {
  return {"files", o.annotations, [&dataset](benchmarks::Ssd320Run& run) {
            return benchmarks::training_feed(run.device().backend(), run.config(), dataset);
          }};
}

void benchmark(const Options& o) {
  std::optional<data::Dataset> dataset;
  std::vector<std::string> inputs = o.inputs();
  if (!o.annotations.empty()) {
    dataset = data::load_coco(o.annotations, o.images);
    dataset->source = o.annotations;
    for (const std::string& file : data::files_of({.annotations = o.annotations}, *dataset))
      inputs.push_back(file);
  }
  const base::OutputLocks locks = check_outputs(o.output, inputs);
  benchmark_steps(o, {dataset ? file_source(o, *dataset) : random_source()},
                  {.head = [&o] { print_head(o); }, .row = print_row, .figures = figures});
}

}  // namespace

namespace benchmarks {

Command add_train_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  o->mode = "train", o->steps = 10, o->warmup = 3;
  tools::Options opts = program.add_command(
      "train", "Times training steps: targets, forward, losses, backward, update");
  add_step_options(opts, *o);
  add_training_options(opts, *o);
  const tools::Option annotations =
      opts.add("--annotations FILE", o->annotations, "COCO JSON; without it, a random batch");
  const tools::Option images =
      opts.add("--images DIR", o->images, "folder of its images").needs(annotations);
  annotations.needs(images);
  return {opts, [o] {
            o->settle();
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
