#include "tests/support/tools/backbone_features.h"

#include "model/backbone.h"
#include "model/import_weights.h"
#include "tools/run/device.h"
#include "tools/run/device_batch.h"
#include "tools/run/image_batches.h"
#include "tools/run/run_options.h"

namespace tests {
namespace {

constexpr double kMemoryGib = 0.5;

FeatureMap on_host(run::Device& device, const engine::Tensor& t) {
  std::vector<float> values(size_t(t.shape().size()));
  device.backend().copy(values.data(), engine::View(t).data, values.size() * sizeof(float),
                        device.queue());
  device.backend().synchronize(device.queue());
  return {{t.shape().dim, t.shape().dim + t.shape().rank}, {values.begin(), values.end()}};
}

}  // namespace

std::vector<FeatureMap> backbone_features(const std::string& weights,
                                          const config::RunConfig& config,
                                          const std::string& picture) {
  const model::DetectorOptions& o = config.model.options;
  run::Device device("cpu", kMemoryGib, 0);
  engine::Parameters parameters(device.backend(), engine::precision_named("fp32"));
  model::LayerBuilder build(parameters);
  const model::Backbone backbone(build, o);
  parameters.allocate(1, {}, false);
  model::import_weights(device.backend(), weights, parameters);
  const model::FoldedWeights folded(device.backend(), parameters, build.take_batch_norm_layers());

  run::DeviceBatch batch(device.backend(), 1, o.height, o.width, 1);
  run::ImageBatches pictures({picture}, {.input = {o.height, o.width}});
  batch.upload(pictures.next()->batch);
  engine::Context c = device.context(parameters.precision(), nullptr, false);
  const engine::Tensor images =
      batch.images(c, run::channel_scaling(config.data), parameters.precision().activations);
  std::vector<FeatureMap> maps;
  for (const engine::Tensor& t :
       backbone.forward(c, {.parameters = parameters, .folded = &folded}, images))
    maps.push_back(on_host(device, t));
  return maps;
}

}  // namespace tests
