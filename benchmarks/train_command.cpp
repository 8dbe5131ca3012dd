// `ssdbench train`: training steps of the whole SSD320, on a random batch or on a data set.
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "benchmarks/commands.h"
#include "benchmarks/peak_memory.h"
#include "benchmarks/step_case.h"
#include "data/formats/coco.h"

namespace {

using json = nlohmann::ordered_json;

struct Options : benchmarks::StepOptions {
  std::string annotations, images;
};

json measure_batch(const Options& o, const data::Dataset* dataset, int images) {
  benchmarks::forget_peak_memory();
  benchmarks::Ssd320Run run(o, images);
  engine::Backend& backend = run.device().backend();
  const auto feed = dataset ? benchmarks::training_feed(backend, run.config(), *dataset)
                            : benchmarks::random_feed(backend, run.config(), images);
  return measure_steps(o,
                       {.images = images,
                        .from = dataset ? "files" : "decoded",
                        .pictures = dataset ? o.annotations : "random"},
                       run, *feed);
}

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

benchmarks::LoggedCase logged(const json& r) {
  return {.parameters = {{"mode", r["mode"]},
                         {"batch_size", r["batch"]},
                         {"device", r["device"]},
                         {"precision", r["precision"]},
                         {"warmup_iters", r["warmup"]},
                         {"benchmark_iters", r["steps"]}},
          .figures = {{"train_throughput", r["images_per_second"]["mean_of_rates"].get<double>()}}};
}

void benchmark(const Options& o) {
  check_outputs(o.output);
  std::optional<data::Dataset> dataset;
  if (!o.annotations.empty()) dataset = data::load_coco(o.annotations, o.images);
  json rows = json::array();
  std::vector<benchmarks::LoggedCase> cases;
  for (int images : o.batches) {
    rows.push_back(measure_batch(o, dataset ? &*dataset : nullptr, images));
    cases.push_back(logged(rows.back()));
    if (!o.output.prints_table()) continue;
    if (rows.size() == 1) print_head(o);
    print_row(rows.back());
  }
  write_outputs(o.output, {{"results", rows}}, cases);
}

}  // namespace

namespace benchmarks {

Command add_train_command(CLI::App& program) {
  auto o = std::make_shared<Options>();
  o->mode = "train", o->steps = 10, o->warmup = 3;
  CLI::App* app = program.add_subcommand(
      "train", "Times training steps: targets, forward, losses, backward, update");
  add_step_options(*app, *o);
  CLI::Option* annotations =
      app->add_option("--annotations", o->annotations, "COCO JSON; without it, a random batch");
  app->add_option("--images", o->images, "folder of its images")->needs(annotations);
  annotations->needs(app->get_option("--images"));
  return {app, [o] {
            o->settle();
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
