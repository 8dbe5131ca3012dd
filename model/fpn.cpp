#include "model/fpn.h"

namespace model {

FeaturePyramid::FeaturePyramid(LayerBuilder& build, const DetectorOptions& o,
                               const Backbone& backbone) {
  const Init init{.kind = Init::Kind::truncated_normal, .value = 0.03};
  const int channels = o.fpn_channels;
  auto projection = [&](const char* name, int block) {
    return build.conv_bias(std::string("fpn/") + name,
                           {.in = backbone.channels(block), .out = channels, .init = init}, 0);
  };
  auto conv3x3 = [&](const std::string& name, int stride) {
    return build.conv_batch_norm(
        "fpn/" + name,
        {.in = channels, .out = channels, .kernel = 3, .stride = stride, .init = init}, o.epsilon);
  };
  projection_c5_ = projection("projection_3", 3);
  projection_c4_ = projection("projection_2", 2);
  projection_c3_ = projection("projection_1", 1);
  smoothing_p4_ = conv3x3("smoothing_2", 1);
  smoothing_p3_ = conv3x3("smoothing_1", 1);
  for (int level = 6; level <= o.max_level; ++level)
    coarse_.push_back(conv3x3("bottom_up_block" + std::to_string(level - 1), 2));
}

std::vector<Tensor> FeaturePyramid::forward(const Context& c, const Network& net,
                                            const Backbone::Features& f) const {
  Tensor p5 = apply(c, net, projection_c5_, f.c5, Activation::none);
  Tensor t4 = engine::upsample_add(c, p5, apply(c, net, projection_c4_, f.c4, Activation::none));
  Tensor t3 = engine::upsample_add(c, t4, apply(c, net, projection_c3_, f.c3, Activation::none));
  std::vector<Tensor> levels{apply(c, net, smoothing_p3_, t3, Activation::relu6),
                             apply(c, net, smoothing_p4_, t4, Activation::relu6), p5};
  for (const ConvLayer& layer : coarse_)
    levels.push_back(apply(c, net, layer, levels.back(), Activation::relu6));
  return levels;
}

}  // namespace model
