#include "model/heads.h"

#include "engine/branches.h"

namespace model {
namespace {

const Init kInit{.kind = Init::Kind::normal, .value = 0.01};

}  // namespace

Heads::Tower Heads::build_tower(LayerBuilder& build, const DetectorOptions& o,
                                const std::string& name, int outputs, double bias_start) {
  Tower tower;
  tower.layers.resize(size_t(o.levels()));
  int in = o.fpn_channels;
  for (int depth = 0; depth < o.head_depth; ++depth) {
    ConvSpec spec{.in = in, .out = o.head_channels, .kernel = 3, .init = kInit};
    std::string conv = "heads/" + name + "_tower/conv_" + std::to_string(depth);
    Parameters::Id kernel = build.kernel(conv, spec);
    for (int level = 0; level < o.levels(); ++level)
      tower.layers[size_t(level)].push_back(build.with_batch_norm(
          conv + "/level_" + std::to_string(level + 3), spec, kernel, o.epsilon));
    in = o.head_channels;
  }
  tower.predictor =
      build.conv_bias("heads/" + name + "_predictor",
                      {.in = in, .out = outputs, .kernel = 3, .init = kInit}, bias_start);
  return tower;
}

Heads::Heads(LayerBuilder& build, const DetectorOptions& o)
    : box_(build_tower(build, o, "box", o.anchors_per_cell() * 4, 0)),
      class_(build_tower(build, o, "class", o.anchors_per_cell() * o.columns(), o.class_bias)) {}

Tensor Heads::forward(const Context& c, const Network& net, const Tower& tower, size_t level,
                      const Tensor& x) {
  Tensor y = x;
  for (const ConvLayer& layer : tower.layers[level]) y = apply(c, net, layer, y, Activation::relu6);
  return apply(c, net, tower.predictor, y, Activation::none);
}

Predictions Heads::forward(const Context& c, const Network& net,
                           const std::vector<Tensor>& levels) const {
  Predictions out;
  out.box_codes.resize(levels.size());
  out.class_logits.resize(levels.size());
  engine::run_branches(c, int(2 * levels.size()), [&](const Context& branch, int i) {
    const size_t level = size_t(i) / 2;
    const bool boxes = i % 2 == 0;
    (boxes ? out.box_codes : out.class_logits)[level] =
        forward(branch, net, boxes ? box_ : class_, level, levels[level]);
  });
  return out;
}

}  // namespace model
