// The published range of every configuration key is the one that holds: at either end, what the key
// configures can be built, or the key is refused by its name.

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/precision.h"
#include "tests/support/catch.h"
#include "tools/run/divergence.h"
#include "tools/run/milestones.h"
#include "tools/run/planned_run.h"
#include "tools/run/run_options.h"
#include "tools/run/stop_signal.h"

using config::RunConfig;

namespace {

using Settings = std::vector<std::string>;

// A small model; the schedule with each of its shapes.
Settings small(const std::string& schedule) {
  return {"model.input_height=64",
          "model.input_width=64",
          "model.num_classes=3",
          "model.backbone_width=4",
          "model.units=[1,1,1,1]",
          "model.fpn_channels=4",
          "model.head_channels=4",
          "model.head_depth=1",
          "train.batch_size=2",
          "train.schedule.warmup_steps=10",
          "train.schedule.boundaries=[0.5]",
          "train.schedule.kind=" + schedule};
}

data::Dataset one_image() {
  data::Dataset dataset;
  dataset.categories = {{.id = 1, .name = "cat"}};
  dataset.images.resize(1);
  return dataset;
}

// Everything that a run makes of its configuration before it reads an image. The planned step's
// device holds nothing and computes nothing.
void build(RunConfig config) {
  constexpr int64_t kSteps = 1000;
  if (config.model.options.classes == 0) config.model.options.classes = 1;
  const data::Dataset dataset = one_image();
  const run::ClassList classes(dataset, config.model.class_columns, config.model.options.classes);
  data::check(run::training_loader(config, dataset, classes).sample.augment);
  CHECK(run::evaluation_loader(config, dataset, classes).pixel_bytes() > 0);
  CHECK(run::image_cache_bytes(config, dataset) < SIZE_MAX);
  CHECK(run::total_steps(config, int64_t(dataset.images.size())) > 0);
  const engine::OptimizerOptions sgd = run::optimizer_options(config, kSteps);
  CHECK(std::isfinite(sgd.update.schedule.at(kSteps / 2)));
  for (double mean : config.data.mean) CHECK(std::isfinite(float(mean)));
  const run::StopSignal stop(config.time_budget_minutes);
  CHECK((stop.reason().empty() || config.time_budget_minutes > 0));
  CHECK(run::Milestones(run::milestone_options(config, 1, true)).total_steps() > 0);
  CHECK(run::DivergenceWatch(config.train, true).look(1, 0, {}).empty());

  config.train.accumulate = 1;  // more of them are more of the same
  const auto backend = engine::make_cpu_backend();
  std::set<engine::ConvShape> noted;
  CHECK(run::PlannedRun(*backend, config, &noted).train(config.train.batch_size).kept() > 0);
  run::MemoryPlan plan;
  const int batch = config.eval.batch_size > 0 ? config.eval.batch_size : config.train.batch_size;
  run::PlannedRun(*backend, config, &noted).evaluate(batch, plan);
  CHECK(plan.evaluation > 0);
}

// Empty when all is well.
std::string complaint(Settings settings) {
  try {
    build(config::parse_run_config("{}", "small", settings));
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::usage);
    return error.what();
  }
  return "";
}

void check_ends(const config::ConfigKey& key, const std::string& schedule) {
  for (const std::string& end : key.extremes) {
    INFO(key.path << " = " << end << ", schedule " << schedule);
    Settings settings = small(schedule);
    settings.push_back(key.path + "=" + end);
    std::string said = complaint(settings);
    CAPTURE(said);
    CHECK((said.empty() || said.starts_with("command line: " + key.path + ": ") ||
           said.starts_with(key.path + ": ")));
  }
}

}  // namespace

TEST_CASE("every key works at both ends of its range, or is refused by name") {
  RunConfig config;
  const config::ConfigTable table = config::run_config_table(config);
  size_t with_ends = 0;
  for (const config::ConfigKey& key : table.keys()) {
    with_ends += !key.extremes.empty();
    check_ends(key, "cosine");
    if (key.path.starts_with("train.")) check_ends(key, "step");
  }
  CHECK(with_ends > 85);
}

TEST_CASE("numbers beyond a range are refused, those at its ends are not") {
  RunConfig config;
  const config::ConfigTable table = config::run_config_table(config);
  for (const config::ConfigKey& key : table.keys())
    for (const std::string& end : key.extremes) {
      const auto value = nlohmann::json::parse(end);
      if (!value.is_number()) continue;
      INFO(key.path << " = " << end);
      CHECK(key.assign(value));
      const bool least = end == key.extremes.front();
      const double v = value.get<double>();
      CHECK_FALSE(key.assign(least ? v - std::max(1.0, std::abs(v)) : v + std::max(1.0, v)));
    }
}
