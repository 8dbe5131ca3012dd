#include "model/fpn.h"

namespace model {

FeaturePyramid::FeaturePyramid(LayerBuilder& build, const DetectorOptions& o,
                               const std::vector<int>& channels) {
  const Init init{.kind = Init::Kind::truncated_normal, .value = 0.03};
  const int width = o.fpn_channels, levels = int(channels.size());
  auto conv3x3 = [&](const std::string& name, int stride) {
    ConvSpec spec{.in = width, .out = width, .kernel = 3, .stride = stride, .init = init};
    return build.conv_batch_norm("fpn/" + name, spec, o.epsilon);
  };
  projections_.resize(channels.size());
  smoothings_.resize(channels.size() - 1);
  for (int level = levels - 1; level >= 0; --level) {
    ConvSpec spec{.in = channels[size_t(level)], .out = width, .init = init};
    projections_[size_t(level)] =
        build.conv_bias("fpn/projection_" + std::to_string(level + 1), spec, 0);
  }
  for (int level = levels - 2; level >= 0; --level)
    smoothings_[size_t(level)] = conv3x3("smoothing_" + std::to_string(level + 1), 1);
  for (int level = levels + 3; level <= o.max_level; ++level)
    coarse_.push_back(conv3x3("bottom_up_block" + std::to_string(level - 1), 2));
}

std::vector<Tensor> FeaturePyramid::forward(const Context& c, const Network& net,
                                            const std::vector<Tensor>& features) const {
  const size_t count = features.size();
  std::vector<Tensor> levels(count);
  Tensor top = apply(c, net, projections_[count - 1], features[count - 1], Activation::none);
  levels[count - 1] = top;
  for (size_t level = count - 1; level-- > 0;) {
    Tensor lateral = apply(c, net, projections_[level], features[level], Activation::none);
    top = engine::upsample_add(c, top, lateral);
    levels[level] = apply(c, net, smoothings_[level], top, Activation::relu6);
  }
  for (const ConvLayer& layer : coarse_)
    levels.push_back(apply(c, net, layer, levels.back(), Activation::relu6));
  return levels;
}

}  // namespace model
