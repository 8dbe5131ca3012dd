#include "tools/run/loaded_model.h"

#include "engine/base/tell.h"
#include "tools/run/planned_run.h"
#include "tools/run/run_options.h"

namespace run {
namespace {

config::RunConfig with_precision(config::RunConfig config, const std::string& precision) {
  if (!precision.empty()) config.train.precision = precision;
  return config;
}

}  // namespace

LoadedModel::LoadedModel(const ModelFile& file, const ModelUse& use)
    : use_(use),
      config_(with_precision(file.config(), use.precision)),
      classes_(file.classes()),
      device_(use.device, use.threads,
              {.plan_cache = plan_cache_folder(use.plan_cache), .tell = use.tell}),
      parameters_(device_.backend(), engine::precision_named(config_.train.precision)) {
  for (const std::string& words :
       {file.unverified_in_words(),
        beyond_free_in_words(device_.backend(), use.memory_gib, use.limits.memory)})
    if (!words.empty()) (use.tell ? use.tell : base::tell)(words);
  detector_ = std::make_unique<model::Detector>(parameters_, config_.model.options);
  file.check_shapes(parameters_);  // before a damaged file makes us allocate too much memory
  parameters_.allocate(0, {}, /*gradients=*/false);
  file.load_model(device_.backend(), parameters_, /*averaged=*/true);
}

Inference& LoadedModel::prepare(int batch_size, const config::EvalConfig& eval,
                                const config::DataConfig& data, const std::vector<int>& columns) {
  inference_.reset();
  config::RunConfig use = config_;
  use.data.sample.max_boxes = data.sample.max_boxes;
  use.eval = eval;
  engine::Backend& backend = device_.backend();
  device_.reserve(evaluation_memory(backend, use, batch_size, step_memory(backend, use_.memory_gib),
                                    use_.limits));
  inference_ = std::make_unique<Inference>(device_, *detector_, batch_size, data.sample.max_boxes,
                                           eval.nms, channel_scaling(data), columns);
  return *inference_;
}

void LoadedModel::save_weights(const std::string& path, const ModelFile& file) {
  save_checkpoint(device_.backend(), path,
                  {.config = file.config(),
                   .classes = classes_,
                   .parameters = parameters_,
                   .optimizer = nullptr,
                   .state = file.state()});
}

}  // namespace run
