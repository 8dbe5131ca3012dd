// The memory plan against the memory that real steps take, and what is said when it does not fit.
#include "tools/run/memory_plan.h"

#include <omp.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/planning_backend.h"
#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"
#include "tools/run/inference.h"
#include "tools/run/run_options.h"
#include "tools/run/training_step.h"

using tests::Outcome, tests::TrainingPlace, run::MemoryPlan, config::RunConfig;

namespace {

using Overrides = std::vector<std::string>;

RunConfig tiny(const TrainingPlace& place, const Overrides& more, int batch_size) {
  RunConfig config = config::load_run_config(place.config(), more);
  config.model.options.classes = 3;
  config.train.batch_size = batch_size;
  return config;
}

data::Batch batch_without_images(const RunConfig& config, int size, std::vector<uint8_t>& pixels) {
  const auto& o = config.model.options;
  pixels.assign(size_t(size) * size_t(kernels::slot_bytes(o.height, o.width)), 0);
  data::Batch batch;
  data::prepare(
      batch, size,
      {.input = {.height = o.height, .width = o.width}, .max_boxes = config.data.sample.max_boxes},
      pixels);
  return batch;
}

struct Measured {
  size_t training_step, evaluation_step, parameters, optimizer;
};

size_t bytes_kept(const engine::Optimizer& optimizer) {
  size_t bytes = sizeof(engine::OptimizerState);
  for (const auto& buffer : optimizer.rule_buffers()) bytes += engine::bytes_of(buffer.values);
  return bytes + (optimizer.average() ? engine::bytes_of(optimizer.average()) : 0);
}

// The highest use of step memory by real steps, on real memory.
Measured measure(const RunConfig& config, int evaluated) {
  const auto arena = [] { return run::Device("cpu", 0.5, 1); };
  run::Device training = arena(), evaluation = arena();
  engine::Parameters parameters(training.backend(),
                                engine::precision_named(config.train.precision));
  model::Detector detector(parameters, config.model.options);
  parameters.allocate(1, config.train.freeze);
  engine::Optimizer optimizer(
      training.backend(), parameters,
      {.rule = config.train.optimizer, .update = {.average_decay = config.train.ema}});
  run::TrainingStep step(training, detector, parameters, optimizer,
                         {.batch_size = config.train.batch_size,
                          .max_boxes = config.data.sample.max_boxes,
                          .accumulate = config.train.accumulate,
                          .loss = config.train.loss});
  std::vector<uint8_t> pixels;
  const data::Batch batch = batch_without_images(config, config.train.batch_size, pixels);
  for (int i = 0; i < 2 * config.train.accumulate; ++i) step.run(batch);
  run::Inference inference(evaluation, detector, evaluated, config.data.sample.max_boxes,
                           config.eval.nms, run::channel_scaling(config.data));
  inference.run(batch_without_images(config, evaluated, pixels));
  const auto p = parameters.bytes_by_use();
  return {training.arena().peak(), evaluation.arena().peak(), p.values + p.gradients + p.working,
          bytes_kept(optimizer)};
}

// A convolution that Winograd's algorithm can do.
engine::ConvShape square_conv(int side) {
  return {{.images = 1,
           .height = side,
           .width = side,
           .in_channels = 32,
           .out_channels = 64,
           .kernel = 3,
           .pad = {1, 1, 1, 1}},
          engine::ConvPass::forward,
          engine::DType::f32};
}

}  // namespace

TEST_CASE("the plan is what real steps take, to the byte") {
  TrainingPlace place;
  const auto more = GENERATE(Overrides{}, Overrides{"train.precision=bf16", "train.ema=0.9"},
                             Overrides{"train.accumulate=3", "train.freeze=[\"backbone/conv1\"]"},
                             Overrides{"train.optimizer.kind=adamw", "train.ema=0.9"});
  omp_set_num_threads(1);  // oneDNN's workspaces depend on their number
  for (int batch_size : {1, 2, 5}) {
    CAPTURE(batch_size);
    const RunConfig config = tiny(place, more, batch_size);
    const auto backend = engine::make_cpu_backend();
    const MemoryPlan plan = run::plan_memory(*backend, config, 3);
    const Measured real = measure(config, 3);
    CHECK(plan.training_step == real.training_step);
    CHECK(plan.evaluation_step == real.evaluation_step);
    const auto& p = plan.parameters;
    CHECK(p.values + p.gradients + p.working == real.parameters);
    CHECK((p.working > 0) == (config.train.precision == "bf16"));
    CHECK(plan.optimizer == real.optimizer);
    const bool adamw = config.train.optimizer.kind == engine::RuleKind::adamw;
    const size_t copies = (adamw ? 2 : 1) + (config.train.ema > 0 ? 1 : 0);
    CHECK(plan.optimizer == copies * p.gradients + sizeof(engine::OptimizerState));
  }
}

TEST_CASE("planning takes no memory: a step of terabytes can be planned") {
  TrainingPlace place;
  const RunConfig config = tiny(place, {"model.input_height=320", "model.input_width=320"}, 2000);
  const auto backend = engine::make_cpu_backend();
  engine::PlanningBackend counted(*backend);
  const engine::Memory terabyte(counted, size_t(1) << 40, engine::MemoryKind::device);
  CHECK(counted.held() == size_t(1) << 40);
  const MemoryPlan plan = run::plan_memory(counted, config, 0);
  CHECK(plan.training_step > size_t(10) << 30);
  CHECK(plan.evaluation_step == 0);
}

TEST_CASE("copies of weights that convolutions keep are counted once") {
  const auto backend = engine::make_cpu_backend(engine::ConvAlgorithm::winograd);
  engine::PlanningBackend counted(*backend);
  const engine::Memory memory(counted, 1 << 20, engine::MemoryKind::device);
  engine::Arena arena(memory.data(), 1 << 20);
  const engine::Tensor weight(arena, {4, {64, 3, 3, 32}}, engine::DType::f32),
      other(arena, {4, {64, 3, 3, 32}}, engine::DType::f32);
  const auto large = counted.plan(square_conv(40)), small = counted.plan(square_conv(20));
  const size_t one = large->kept_weights().bytes;
  if (!large->kept_weights().shared) return;  // a build without Winograd's algorithm
  CHECK(one >= 36 * 32 * 64 * sizeof(float));
  large->run({}, {.weight_id = weight.id()});
  CHECK(counted.kept_weights() == 0);  // the weight may change
  for (engine::ConvPlan* plan : {large.get(), small.get(), large.get()})
    plan->run({}, {.weight_id = weight.id(), .weight_version = 1});
  CHECK(counted.kept_weights() == one);
  small->run({}, {.weight_id = other.id(), .weight_version = 2});
  CHECK(counted.kept_weights() == 2 * one);
}

TEST_CASE("an evaluation is planned with the copies of weights that its algorithm keeps") {
  TrainingPlace place;
  const auto planned = [&](engine::ConvAlgorithm algorithm) {
    const auto backend = engine::make_cpu_backend(algorithm);
    return run::plan_memory(*backend, tiny(place, {}, 2), 3).evaluation;
  };
  using enum engine::ConvAlgorithm;
  if (engine::make_cpu_backend(winograd)->plan(square_conv(40))->kept_weights().shared)
    CHECK(planned(winograd) > planned(direct));
}

TEST_CASE("a device is told of every convolution before the first is asked for") {
  class Told : public engine::PlanningBackend {
   public:
    using PlanningBackend::PlanningBackend;
    void prepare(const std::vector<engine::ConvShape>& shapes) override {
      CHECK(asked.empty());
      told.insert(shapes.begin(), shapes.end());
    }
    std::unique_ptr<engine::ConvPlan> plan(const engine::ConvShape& shape) override {
      asked.insert(shape);
      return engine::make_plain_loops(shape);
    }
    std::set<engine::ConvShape> told, asked;
  };
  TrainingPlace place;
  const auto backend = engine::make_cpu_backend();
  for (int evaluated : {0, 3}) {
    Told device(*backend);
    run::plan_memory(device, tiny(place, {}, 2), evaluated);
    CHECK(device.told == device.asked);
    CHECK(device.told.size() > 20);
  }
}

TEST_CASE("a batch that does not fit is refused with the size that would") {
  TrainingPlace place;
  const std::string few = " train.memory_gib=0.008 eval.batch_size=1";
  const Outcome refused = place.train("run", "train.batch_size=24" + few);
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 6);
  CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
  CHECK_THAT(refused.err, Catch::Contains("train.batch_size=24 needs") &&
                              Catch::Contains("8.2 MiB are free") && Catch::Contains("would fit"));
  const std::string mark = "are free: train.batch_size=";
  const int fits = std::stoi(refused.err.substr(refused.err.find(mark) + mark.size()));
  REQUIRE(fits >= 1);
  const std::string steps = " train.steps=2 --dry-run";
  const Outcome smaller =
      place.train("run", "train.batch_size=" + std::to_string(fits) + few + steps);
  CAPTURE(smaller.err);
  CHECK(smaller.exit_code == 0);
  CHECK_THAT(smaller.out,
             Catch::Contains("memory: weights") && Catch::Contains("of 8.2 MiB for steps"));
  CHECK(
      place.train("run", "train.batch_size=" + std::to_string(fits + 1) + few + steps).exit_code ==
      6);
}

TEST_CASE("weights that do not fit are refused before they are made") {
  TrainingPlace place;
  const auto cpu = engine::make_cpu_backend();
  const RunConfig config = tiny(place, {}, 2);
  MemoryPlan plan = run::plan_memory(*cpu, config, 0);
  const size_t steps = size_t(1) << 40;
  run::check_fits(*cpu, config, plan, 0, steps);
  plan.image_cache = size_t(1) << 50;  // is taken already
  run::check_fits(*cpu, config, plan, 0, steps);
  plan.optimizer = size_t(1) << 50;
  CHECK_THROWS_WITH(
      run::check_fits(*cpu, config, plan, 0, steps),
      Catch::Contains("the model does not fit: ") && Catch::Contains("lower model.backbone_width"));
}

TEST_CASE("where one image does not fit, a smaller batch is no advice") {
  TrainingPlace place;
  const auto refused = [&](const std::string& more) {
    const Outcome outcome =
        place.train("run", "train.batch_size=1 eval.every_steps=0 train.memory_gib=0.0002 " + more);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 6);
    CHECK_THAT(outcome.err, Catch::Contains("train.batch_size=1 needs") &&
                                Catch::Contains("not even one image fits; lower model.input_height "
                                                "and model.input_width") &&
                                Catch::Contains("the limit is train.memory_gib") &&
                                !Catch::Contains("would fit"));
    return outcome.err;
  };
  CHECK_THAT(refused(""), Catch::Contains(", or set train.precision=bf16;"));
  CHECK_THAT(refused("train.precision=bf16"), !Catch::Contains("train.precision"));
  const std::string large = "model.input_height=512 model.input_width=512 train.batch_size=1 ";
  REQUIRE(place.train("run", large + "train.steps=1 eval.every_steps=0").exit_code == 0);
  const Outcome detected = tests::run(
      "cd " + place.at("") + " && " + tests::program("ssddetect").string() +
      " --checkpoint run/last.safetensors data/images --batch 1 --memory-gib 0.001 --device cpu");
  CHECK(detected.exit_code == 6);
  CHECK_THAT(detected.err, Catch::Contains("not even one image fits; take a model whose ") &&
                               Catch::Contains("the limit is --memory-gib"));
}

TEST_CASE("the image cache is part of the plan, as large as the images need at most") {
  TrainingPlace place;  // 24 images of 96 x 96
  const Outcome fits = place.train("run", "data.device_cache_mib=500 --dry-run");
  CAPTURE(fits.err);
  CHECK(fits.exit_code == 0);
  CHECK_THAT(fits.out, Catch::Contains(", image cache 0.6 MiB, "));
  CHECK_THAT(place.train("run", "--dry-run").out, !Catch::Contains("image cache"));
  // Images larger than a slot: there is no cache, and the log says that none would take part.
  const std::string draw = " synth large --train 4 --val 1 --width 160 --height 160";
  REQUIRE(tests::run("cd " + place.at("") + " && " + tests::program("ssddata").string() + draw)
              .exit_code == 0);
  const Outcome none =
      place.train("run",
                  "data.device_cache_mib=500 train.steps=1 data.train.images=large/images "
                  "data.train.annotations=large/annotations/instances_train.json");
  CAPTURE(none.err);
  CHECK(none.exit_code == 0);
  CHECK_THAT(none.err, Catch::Contains("image cache: 0.0 of 0.0 MiB, which 0 of 4 images"));
  MemoryPlan plan;
  plan.image_cache = 5;
  CHECK(plan.kept() == 5);
}

TEST_CASE("an image cache that does not fit is refused before anything is allocated") {
  TrainingPlace place;
  const std::string path = place.at("data/annotations/instances_train.json");
  auto coco = nlohmann::json::parse(tests::text_of(path));
  constexpr int kSide = 4000;
  data::write_image(place.at("data/images/large.png"),
                    {kSide, kSide, std::vector<uint8_t>(size_t(kSide) * kSide * 3)});
  for (int i = 0; i < 40000; ++i)
    coco["images"].push_back(
        {{"id", 1000 + i}, {"width", kSide}, {"height", kSide}, {"file_name", "large.png"}});
  std::ofstream(path) << coco.dump();
  const Outcome refused = place.train(
      "run", "model.input_height=4096 model.input_width=4096 data.device_cache_mib=16000000");
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 6);
  CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
  CHECK_THAT(refused.err, Catch::Contains("data.device_cache_mib: ") &&
                              Catch::Contains("do not fit") && Catch::Contains("MiB are free"));
  CHECK_THROWS_AS(run::Device("cpu", 0.01, 1, {}, size_t(1) << 60), base::Error);
}

TEST_CASE("an evaluation batch that does not fit names its own key") {
  TrainingPlace place(4, 64);
  const Outcome refused =
      place.train("run", "train.batch_size=1 eval.batch_size=64 train.memory_gib=0.003");
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 6);
  CHECK_THAT(refused.err,
             Catch::Contains("eval.batch_size=64 needs") && Catch::Contains("would fit"));
}
