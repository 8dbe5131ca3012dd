#include "tools/loaded_model.h"

#include "tools/run_options.h"

namespace tools {

LoadedModel::LoadedModel(const ModelFile& file, const ModelUse& use)
    : config_(file.config()),
      classes_(file.classes()),
      device_(use.device, use.memory_gib, use.threads, {.plan_cache = plan_cache_folder("auto")}),
      parameters_(device_.backend(),
                  engine::precision_named(use.precision.empty() ? config_.train.precision
                                                                : use.precision)) {
  detector_ = std::make_unique<model::Detector>(parameters_, config_.model.options);
  parameters_.allocate(0, {}, /*gradients=*/false);
  file.load_model(device_.backend(), parameters_, /*averaged=*/true);
}

Inference& LoadedModel::prepare(int batch_size, const EvalConfig& eval, const DataConfig& data) {
  inference_.reset();
  inference_ = std::make_unique<Inference>(device_, *detector_, batch_size, data.max_boxes,
                                           nms_options(eval), channel_scaling(data));
  return *inference_;
}

}  // namespace tools
