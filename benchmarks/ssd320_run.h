// The whole SSD320 on its device, with random weights or those of a checkpoint, ready to run steps.
#pragma once
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "benchmarks/random_batch.h"
#include "engine/base/tell.h"
#include "tools/command_line.h"
#include "tools/config/shared_limits.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/inference.h"
#include "tools/run/model_file.h"
#include "tools/run/planned_run.h"
#include "tools/run/run_options.h"
#include "tools/run/training_step.h"

namespace benchmarks {

struct RunOptions {
  std::string device = "auto", precision = "fp32", mode = "train";  // mode: train or infer
  int threads = 0;                                                  // 0: one per core
  double memory_gib = 0;                                            // 0: most of what is free
  std::string conv_algorithm = "auto", weight_gradients = "auto";
  std::string checkpoint;  // a trained model; empty: SSD320 with random weights
  bool frozen = false, deterministic = false, no_graph = false;
  bool cpu_time = false;
  bool phases = false;  // time them, which needs steps without a graph

  bool trains() const { return mode == "train"; }
  // A run's folder becomes its checkpoint.
  void find_checkpoint() {
    if (!checkpoint.empty()) checkpoint = run::checkpoint_file(checkpoint, "ssdbench");
  }
  std::vector<std::string> inputs() const {
    return checkpoint.empty() ? std::vector<std::string>() : std::vector{checkpoint};
  }
};

inline void add_run_options(tools::Options& opts, RunOptions& o) {
  opts.add("--device " + tools::device_values(), o.device,
           "the CPU or a GPU; auto: a GPU where there is one")
      .show_default();
  opts.add("--checkpoint FILE", o.checkpoint,
           "a trained model or a run's folder; without it, SSD320 with random weights");
  opts.add("--precision", o.precision, "what a step is computed in")
      .show_default()
      .one_of(engine::precision_names());
  opts.add("--threads", o.threads, "CPU threads; 0: one per core").between(0, 4096);
  opts.add("--memory-gib", o.memory_gib, "GiB of memory for a step; 0: most of what is free")
      .within(config::limits::memory_gib);
  opts.add("--conv-algorithm", o.conv_algorithm, "fp32 and bf16 on a CPU; as train.conv_algorithm")
      .show_default()
      .one_of(engine::conv_algorithm_names());
  opts.add("--deterministic", o.deterministic,
           "choose convolution plans by rule instead of by time");
  opts.add("--no-graph", o.no_graph,
           "on a GPU, queue every step anew instead of replaying a CUDA graph");
  opts.add("--cpu-time", o.cpu_time,
           "CPU time of all threads, for busy machines; with OMP_WAIT_POLICY=passive");
}

// Options that have an effect in training only.
inline std::vector<tools::Option> add_training_options(tools::Options& opts, RunOptions& o) {
  return {opts.add("--frozen", o.frozen, "batch norm with constant statistics in training"),
          opts.add("--weight-gradients", o.weight_gradients,
                   "fp16 and bf16 on a GPU; as train.weight_gradients")
              .show_default()
              .one_of(engine::weight_gradient_names())};
}

inline config::RunConfig run_config(const RunOptions& o, int images) {
  config::RunConfig config;
  if (!o.checkpoint.empty()) {
    config = run::open_checkpoint(o.checkpoint).config();
  } else {
    config.model.options.classes = 90;
    // In Ssd320Run::settle_statistics() the moving statistics become the picture's own.
    if (!o.trains()) config.model.options.batch_norm_decay = 0;
  }
  config.model.options.frozen_batch_norm = o.frozen && o.trains();
  config.train.batch_size = images;
  config.train.precision = o.precision;
  config.train.deterministic = o.deterministic;
  config.train.conv_algorithm = o.conv_algorithm;
  config.train.weight_gradients = o.weight_gradients;
  config.train.graph = !o.no_graph;
  return config;
}

// Says once which options have no effect on this kind of device.
inline void tell_idle_options(const RunOptions& o, bool on_gpu) {
  static bool told = false;
  if (std::exchange(told, true)) return;
  const char* const why = on_gpu ? "the device is a GPU, and this is for a CPU"
                                 : "the device is a CPU, and this is for a GPU";
  for (const auto& [option, given, for_gpu] :
       {std::tuple("--no-graph", o.no_graph && !o.phases, true),
        {"--deterministic", o.deterministic, true},
        {"--weight-gradients", o.weight_gradients != "auto", true},
        {"--conv-algorithm", o.conv_algorithm != "auto", false}})
    if (given && for_gpu != on_gpu)
      base::tell(std::string("note: ") + option + " has no effect: " + why);
}

class Ssd320Run {
 public:
  Ssd320Run(const RunOptions& o, int images)
      : Ssd320Run(
            o, images,
            std::make_unique<run::Device>(o.device, o.memory_gib, o.threads,
                                          run::backend_options(run_config(o, images).train))) {}

  Ssd320Run(const RunOptions& o, int images, std::unique_ptr<run::Device> device)
      : config_(run_config(o, images)),
        device_(std::move(device)),
        parameters_(device_->backend(), run::precision_of(config_.train)),
        detector_(parameters_, config_.model.options) {
    tell_idle_options(o, device_->queue().gpu);
    run::prepare_convolutions(
        device_->backend(), config_,
        {.training = o.trains(), .evaluation_batch = o.trains() ? 0 : images});
    allocate_weights(o);
    if (o.trains())
      prepare_training();
    else
      prepare_inference(o.checkpoint.empty());
  }

  // Training: returns when the step before is done and the batch on its way. Inference: when the
  // boxes are there.
  void step(const data::Batch& batch) {
    if (training_) {
      training_->run(batch);
      return;
    }
    found_ = 0;
    for (const auto& boxes : inference_->run(batch)) found_ += boxes.size();
  }

  run::Device& device() { return *device_; }
  const config::RunConfig& config() const { return config_; }
  // What the run keeps on its device beside the memory of a step, by the plan of it.
  size_t kept_bytes() {
    std::set<engine::ConvShape> ignored;
    run::PlannedRun planned(device_->backend(), config_, &ignored);
    const int images = config_.train.batch_size;
    if (training_) return planned.train(images).kept();
    run::MemoryPlan plan;
    planned.evaluate(images, plan);
    const engine::Parameters::Bytes bytes = parameters_.bytes_by_use();
    return bytes.values + bytes.working + plan.evaluation;
  }
  double loss() const { return training_->losses().total; }
  size_t boxes_found() const { return found_; }

 private:
  void allocate_weights(const RunOptions& o) {
    if (o.checkpoint.empty()) {
      parameters_.allocate(1, {}, o.trains());
      parameters_.refresh_working(device_->queue());
      return;
    }
    const run::ModelFile file(o.checkpoint);
    file.check_shapes(parameters_);  // before a damaged file makes us allocate too much memory
    parameters_.allocate(0, {}, /*gradients=*/o.trains());
    file.load_model(device_->backend(), parameters_, /*averaged=*/!o.trains());
  }

  void prepare_training() {
    const config::TrainConfig& train = config_.train;
    const double loss_scale = parameters_.precision().scale_loss ? train.loss_scale.initial : 1;
    optimizer_.emplace(device_->backend(), parameters_, run::optimizer_options(config_, 100000),
                       loss_scale);
    training_.emplace(*device_, detector_, parameters_, *optimizer_,
                      run::StepOptions{.batch_size = train.batch_size,
                                       .max_boxes = config_.data.sample.max_boxes,
                                       .graph = train.graph,
                                       .scaling = run::channel_scaling(config_.data),
                                       .loss = train.loss});
  }

  void prepare_inference(bool random_weights) {
    if (random_weights) settle_statistics();
    inference_.emplace(*device_, detector_, config_.train.batch_size, config_.data.sample.max_boxes,
                       config_.eval.nms, run::channel_scaling(config_.data), std::vector<int>{},
                       config_.train.graph);
  }

  // Makes the moving statistics those of one of the pictures, in memory of its own: without that
  // the logits of random weights are nearly all equal, which no trained detector asks of its NMS.
  void settle_statistics() {
    engine::Backend& backend = device_->backend();
    engine::Memory memory(backend, size_t(1) << 30, engine::MemoryKind::device);
    engine::Arena arena(memory.data(), memory.bytes());
    engine::ConvPlans plans(backend);
    const model::DetectorOptions& detector = detector_.options();
    RandomBatch picture(backend, 1, 1, detector);
    run::DeviceBatch batch(backend, 1, detector.height, detector.width, 1);
    batch.upload(picture.get());
    engine::Context c{.queue = device_->queue(), .arena = arena, .plans = plans, .training = true};
    const auto scaling = run::channel_scaling(config_.data);
    detector_.forward(c, batch.images(c, scaling, parameters_.precision().activations));
    backend.synchronize(c.queue);
  }

  config::RunConfig config_;
  std::unique_ptr<run::Device> device_;
  engine::Parameters parameters_;
  model::Detector detector_;
  std::optional<engine::Optimizer> optimizer_;
  std::optional<run::TrainingStep> training_;
  std::optional<run::Inference> inference_;
  size_t found_ = 0;
};

}  // namespace benchmarks
