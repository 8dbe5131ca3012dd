#include "tests/support/tools/parity_run.h"

#include <list>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/optimizer.h"
#include "engine/safetensors.h"
#include "model/loss.h"
#include "tools/run/device.h"

namespace tests {
namespace {

using engine::DType, engine::Memory, engine::MemoryKind, engine::SafetensorsFile, engine::Shape,
    engine::StoredTensor, engine::Tensor, engine::View;
using nlohmann::json;

constexpr int64_t kReported = 4;

json description(const SafetensorsFile& file) {
  auto entry = file.metadata().find("parity");
  if (entry == file.metadata().end())
    base::fail(base::ExitCode::data, file.path(), ": no metadata 'parity'");
  return json::parse(entry->second);
}

model::DetectorOptions detector_options(const json& j) {
  model::DetectorOptions o;
  j.at("height").get_to(o.height);
  j.at("width").get_to(o.width);
  j.at("classes").get_to(o.classes);
  j.at("backbone_width").get_to(o.backbone_width);
  j.at("units").get_to(o.units);
  j.at("stride_in_3x3").get_to(o.stride_in_3x3);
  j.at("fpn_channels").get_to(o.fpn_channels);
  j.at("head_channels").get_to(o.head_channels);
  j.at("head_depth").get_to(o.head_depth);
  j.at("max_level").get_to(o.max_level);
  j.at("anchor_scale").get_to(o.anchor_scale);
  j.at("scales_per_octave").get_to(o.scales_per_octave);
  j.at("aspect_ratios").get_to(o.aspect_ratios);
  j.at("frozen_batch_norm").get_to(o.frozen_batch_norm);
  j.at("batch_norm_decay").get_to(o.batch_norm_decay);
  j.at("backbone_epsilon").get_to(o.backbone_epsilon);
  j.at("epsilon").get_to(o.epsilon);
  return o;
}

model::LossOptions loss_options(const json& j) {
  return {.alpha = j.at("alpha"),
          .gamma = j.at("gamma"),
          .delta = j.at("delta"),
          .classification_weight = j.at("classification_weight"),
          .localization_weight = j.at("localization_weight")};
}

engine::OptimizerOptions optimizer_options(const json& j) {
  engine::OptimizerOptions o;
  kernels::Schedule& schedule = o.update.schedule;
  schedule.kind = kernels::Schedule::Kind::cosine;
  j.at("base_rate").get_to(schedule.base_rate);
  j.at("warmup_rate").get_to(schedule.warmup_rate);
  j.at("warmup_steps").get_to(schedule.warmup_steps);
  j.at("total_steps").get_to(schedule.total_steps);
  j.at("momentum").get_to(o.rule.momentum.momentum);
  j.at("weight_decay").get_to(o.rule.momentum.weight_decay);
  j.at("clip_norm").get_to(o.update.clip_norm);
  return o;
}

class ParityRun {
 public:
  ParityRun(const SafetensorsFile& file, const ParityOptions& options)
      : file_(file),
        description_(description(file)),
        precision_(engine::precision_named(options.precision)),
        device_(options.device, options.memory_gib, 0),
        parameters_(device_.backend(), precision_),
        detector_(parameters_, detector_options(description_.at("detector"))),
        loss_(loss_options(description_.at("loss"))),
        anchors_(device_.backend(), detector_.options()) {
    parameters_.allocate(1, description_.at("freeze").get<std::vector<std::string>>());
    for (const auto& named : parameters_.named()) load("model/" + named.name, named.value);
    parameters_.refresh_working(device_.queue());
    const json& rule = description_.at("optimizer");
    optimizer_ = std::make_unique<engine::Optimizer>(
        device_.backend(), parameters_, optimizer_options(rule), rule.at("loss_scale"));
  }

  void run() {
    const int64_t steps = description_.at("steps");
    Input input = load_input();
    Memory report(device_.backend(), size_t(steps * kReported) * sizeof(double),
                  MemoryKind::device);
    parameters_.zero_gradients(device_.queue());
    for (int64_t i = 0; i < steps; ++i) {
      View row{report.data(), precision_.master, {1, {kReported}}};
      row.data = static_cast<char*>(row.data) + i * int64_t(engine::bytes_of(row));
      step(input, row, i == 0);
    }
    keep("losses", {report.data(), precision_.master, {2, {steps, kReported}}});
    keep("anchors", anchors_.boxes());
    for (const auto& named : parameters_.named()) {
      keep((named.statistic ? "statistic/" : "parameter/") + named.name, named.value);
      for (const auto& [name, values] : optimizer_->rule_buffers())
        if (named.trained()) keep(name + "/" + named.name, part_of(values, named));
    }
  }

  void write_file(const std::string& path) const {
    std::vector<engine::TensorToStore> tensors;
    for (const Kept& k : kept_)
      tensors.push_back(
          {k.name, {k.shape.dim, k.shape.dim + k.shape.rank}, k.dtype, k.bytes.data()});
    engine::write_safetensors(path, tensors, {});
  }

 private:
  struct Kept {  // a result, on the host
    std::string name;
    Shape shape;
    std::string dtype;
    std::vector<char> bytes;
  };
  struct Input {
    Tensor images, boxes, labels, weights;
    kernels::GroundTruth truth() const { return {boxes, labels, weights}; }
  };

  const StoredTensor& stored(const std::string& name, const Shape& shape) const {
    const StoredTensor* t = file_.find(name);
    if (!t || t->shape != std::vector<int64_t>(shape.dim, shape.dim + shape.rank))
      base::fail(base::ExitCode::data, file_.path(), ": no tensor '", name,
                 "' of the detector's shape");
    return *t;
  }

  void load(const std::string& name, const View& to) {
    std::vector<double> values = file_.read_doubles(stored(name, to.shape));
    auto copy = [&]<class T>() {
      std::vector<T> typed;
      for (double v : values) typed.push_back(T(v));
      device_.backend().copy(to.data, typed.data(), engine::bytes_of(to), device_.queue());
      device_.backend().synchronize(device_.queue());
    };
    if (to.dtype == DType::i32) return copy.template operator()<int32_t>();
    if (to.dtype == DType::f64) return copy.template operator()<double>();
    if (to.dtype == DType::f32) return copy.template operator()<float>();
    if (to.dtype == DType::bf16) return copy.template operator()<kernels::bf16>();
    copy.template operator()<kernels::f16>();
  }

  Input load_input() {
    const StoredTensor* boxes = file_.find("boxes");
    if (!boxes || boxes->shape.size() != 3)
      base::fail(base::ExitCode::data, file_.path(), ": no tensor 'boxes' [n, g, 4]");
    const int64_t images = boxes->shape[0], rows = boxes->shape[1];
    const auto& o = detector_.options();
    engine::Context c = device_.context(precision_, nullptr, true);
    Input in{.images = c.empty({4, {images, o.height, o.width, 3}}, precision_.activations),
             .boxes = c.empty({3, {images, rows, 4}}, DType::f32),
             .labels = c.empty({2, {images, rows}}, DType::i32),
             .weights = c.empty({2, {images, rows}}, DType::f32)};
    load("images", in.images);
    load("boxes", in.boxes);
    load("labels", in.labels);
    load("weights", in.weights);
    return in;
  }

  void step(const Input& input, const View& report, bool keep_all) {
    engine::Tape tape;
    engine::Context c = device_.context(precision_, &tape, true);
    parameters_.watch(tape);
    model::Targets targets = model::assign_targets(c, input.truth(), anchors_, precision_.master);
    model::Predictions predictions = detector_.forward(c, input.images);
    model::Losses losses =
        model::detection_losses(c, predictions, targets, detector_.options().columns(), loss_);
    for (size_t i = 0; keep_all && i < predictions.box_codes.size(); ++i) {
      keep("logits/" + std::to_string(i), predictions.class_logits[i]);
      keep("codes/" + std::to_string(i), predictions.box_codes[i]);
    }
    predictions = {};
    model::backward(c, losses, targets, loss_, optimizer_->device_state());
    model::report_losses(c, losses, targets, loss_, optimizer_->l2_loss(c), report);
    if (keep_all) keep_gradients();
    engine::Context update = device_.context(precision_, nullptr, true);
    optimizer_->step(update);
    parameters_.zero_gradients(update.queue);
  }

  void keep_gradients() {
    for (const auto& named : parameters_.named())
      if (named.trained()) keep("gradient/" + named.name, part_of(parameters_.gradient(), named));
  }

  void keep(const std::string& name, const View& v) {
    Kept k{name, v.shape, engine::stored_dtype(v.dtype), std::vector<char>(engine::bytes_of(v))};
    device_.backend().copy(k.bytes.data(), v.data, k.bytes.size(), device_.queue());
    device_.backend().synchronize(device_.queue());
    kept_.push_back(std::move(k));
  }

  const SafetensorsFile& file_;
  json description_;
  engine::Precision precision_;
  run::Device device_;
  engine::Parameters parameters_;
  model::Detector detector_;
  model::LossOptions loss_;
  model::Anchors anchors_;
  std::unique_ptr<engine::Optimizer> optimizer_;
  std::list<Kept> kept_;
};

}  // namespace

void run_parity(const std::string& in, const std::string& out, const ParityOptions& options) {
  SafetensorsFile file(in);
  ParityRun run(file, options);
  run.run();
  run.write_file(out);
}

}  // namespace tests
