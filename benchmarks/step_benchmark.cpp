// Times the whole SSD320, training steps or detection, on random pictures and boxes.
//   step_benchmark --device cpu --precision bf16 --batch 1,8 --mode train [--json]
#include <fmt/core.h>
#include <omp.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "benchmarks/random_batch.h"
#include "tools/command_line.h"
#include "tools/inference.h"
#include "tools/run_options.h"
#include "tools/training_step.h"

namespace {

using json = nlohmann::ordered_json;

struct Options {
  std::string device = "auto", precision = "fp32", mode = "train";
  std::vector<int> batches{8};
  int steps = 10, warmup = 3, threads = 0;
  double memory_gib = 0;
  bool frozen = false, deterministic = false, cpu_time = false, json = false;
};

tools::RunConfig run_config(const Options& o, int batch) {
  tools::RunConfig config;
  config.model.options.classes = 90;
  config.model.options.frozen_batch_norm = o.frozen && o.mode == "train";
  if (o.mode == "infer") config.model.options.batch_norm_decay = 0;  // see settle_statistics()
  config.train.batch_size = batch;
  config.train.precision = o.precision;
  config.train.deterministic = o.deterministic;
  return config;
}

// The detector on its device, with random weights and one batch.
struct Model {
  tools::RunConfig config;
  tools::Device device;
  engine::Parameters parameters;
  model::Detector detector;
  benchmarks::RandomBatch batch;

  Model(const Options& o, int images)
      : config(run_config(o, images)),
        device(o.device, o.memory_gib, o.threads, tools::backend_options(config.train)),
        parameters(device.backend(), engine::precision_named(o.precision)),
        detector(parameters, config.model.options),
        batch(device.backend(), images, config.data.max_boxes, config.model.options) {
    parameters.allocate(1, {}, o.mode == "train");
    parameters.refresh_working(device.queue());
  }
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
template <class Step> Times measure(const Options& o, tools::Device& device, const Step& step) {
  Times times;
  for (int i = 0; i < o.warmup + o.steps; ++i) {
    const int64_t macs = device.conv_macs();
    const double start = now(o.cpu_time);
    step();
    if (i == 0) times.macs = device.conv_macs() - macs;
    if (i >= o.warmup) times.seconds.push_back(now(o.cpu_time) - start);
  }
  std::sort(times.seconds.begin(), times.seconds.end());
  return times;
}

Times measure_training(const Options& o, Model& m, json& result) {
  const tools::RunConfig& c = m.config;
  const double loss_scale = m.parameters.precision().scale_loss ? c.train.loss_scale.initial : 1;
  engine::Optimizer optimizer(m.device.backend(), m.parameters, tools::sgd_options(c, 100000),
                              loss_scale);
  tools::TrainingStep step(m.device, m.detector, m.parameters, optimizer,
                           {.batch_size = c.train.batch_size,
                            .max_boxes = c.data.max_boxes,
                            .scaling = tools::channel_scaling(c.data),
                            .loss = tools::loss_options(c.train.loss)});
  const Times times = measure(o, m.device, [&] { step.run(m.batch.get()); });
  result["loss"] = step.losses().total;
  return times;
}

// Makes the moving statistics those of one of the pictures, in memory of its own: without that the
// logits of random weights are nearly all equal, which no trained detector asks of its NMS.
void settle_statistics(Model& m) {
  engine::Backend& backend = m.device.backend();
  engine::Memory memory(backend, size_t(1) << 30, engine::Place::device);
  engine::Arena arena(memory.data(), memory.bytes());
  engine::ConvPlans plans(backend);
  const model::DetectorOptions& detector = m.detector.options();
  benchmarks::RandomBatch picture(backend, 1, 1, detector);
  tools::DeviceBatch batch(backend, 1, detector.height, detector.width, 1);
  batch.upload(picture.get());
  engine::Context c{.queue = m.device.queue(), .arena = arena, .plans = plans, .training = true};
  const auto scaling = tools::channel_scaling(m.config.data);
  m.detector.forward(c, batch.images(c, scaling, m.parameters.precision().activations));
  backend.synchronize(c.queue);
}

Times measure_inference(const Options& o, Model& m, json& result) {
  const tools::RunConfig& c = m.config;
  settle_statistics(m);
  tools::Inference inference(m.device, m.detector, c.train.batch_size, c.data.max_boxes,
                             tools::nms_options(c.eval), tools::channel_scaling(c.data));
  size_t found = 0;
  const Times times = measure(o, m.device, [&] {
    found = 0;
    for (const auto& boxes : inference.run(m.batch.get())) found += boxes.size();
  });
  result["boxes_found"] = found;
  result["latency_ms"] = {{"p50", 1e3 * times.quantile(0.5)},
                          {"p90", 1e3 * times.quantile(0.9)},
                          {"p99", 1e3 * times.quantile(0.99)}};
  return times;
}

json measure_batch(const Options& o, int images) {
  Model m(o, images);
  json result{{"device", m.device.backend().name()},
              {"precision", o.precision},
              {"mode", o.mode},
              {"frozen_batch_norm", o.frozen},
              {"deterministic", o.deterministic},
              {"threads", omp_get_max_threads()},
              {"clock", o.cpu_time ? "cpu" : "wall"},
              {"steps", o.steps},
              {"batch", images}};
  const Times times =
      o.mode == "train" ? measure_training(o, m, result) : measure_inference(o, m, result);
  const double best = times.seconds.front(), median = times.quantile(0.5);
  const double flop = 2 * double(times.macs);
  result["images_per_second"] = {{"best", images / best}, {"median", images / median}};
  result["ms_per_step"] = {{"best", 1e3 * best}, {"median", 1e3 * median}};
  result["gflop_per_image"] = 1e-9 * flop / images;
  result["tflop_per_second"] = {{"best", 1e-12 * flop / best}, {"median", 1e-12 * flop / median}};
  result["step_memory_mib"] = double(m.device.arena().peak()) / double(1 << 20);
  return result;
}

void print_head(const Options& o) {
  fmt::print("{} {}{}, {} steps of each batch size, {} time\n", o.mode, o.precision,
             o.frozen ? ", frozen batch norm" : "", o.steps, o.cpu_time ? "CPU" : "wall");
  fmt::print("{:>5} {:>9} {:>9} {:>9} {:>9} {:>8} {:>10}  {}\n", "batch", "img/s", "median",
             "ms/step", "median", "TFLOP/s", "memory MiB",
             o.mode == "train" ? "loss" : "latency ms: p50 p90 p99");
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

void run(const Options& o) {
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
  app.add_option("--device", o.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--precision", o.precision)
      ->check(CLI::IsMember({"fp32", "tf32", "bf16", "fp16"}))
      ->capture_default_str();
  app.add_option("--batch", o.batches, "images per step; several: 1,8,32")
      ->delimiter(',')
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--mode", o.mode)->check(CLI::IsMember({"train", "infer"}))->capture_default_str();
  app.add_flag("--frozen", o.frozen, "batch norm with constant statistics in training");
  app.add_option("--steps", o.steps, "timed steps")->check(CLI::Range(1, 1000000));
  app.add_option("--warmup", o.warmup, "steps before them")->check(CLI::Range(0, 1000000));
  app.add_option("--threads", o.threads, "CPU threads; 0: one per core")
      ->check(CLI::Range(0, 4096));
  app.add_option("--memory-gib", o.memory_gib, "step memory; 0: most of what is free");
  app.add_flag("--deterministic", o.deterministic, "convolution plans chosen by rule, not by time");
  app.add_flag("--cpu-time", o.cpu_time,
               "CPU time of all threads, for busy machines; with OMP_WAIT_POLICY=passive");
  app.add_flag("--json", o.json, "one JSON object per batch size");
  return tools::run_program(argc, argv, app, [&] { run(o); });
}
