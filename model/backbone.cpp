#include "model/backbone.h"

namespace model {
namespace {

// The padding of TF-slim's "conv2d_same", and of PyTorch's layers: (k - 1) / 2 pixels in front,
// whatever the size of the image is.
Padding fixed_padding(int kernel) {
  int front = (kernel - 1) / 2, back = kernel - 1 - front;
  return {.top = front, .left = front, .bottom = back, .right = back};
}

}  // namespace

// The original computes each block's output at full resolution, and then keeps every second pixel.
// This equals a stride of 2 in the two 1x1 convolutions that read the output, which is the stride
// placement "v1".
Backbone::Backbone(LayerBuilder& build, const DetectorOptions& o)
    : width_(o.backbone_width),
      activation_(o.backbone_relu6 ? Activation::relu6 : Activation::relu),
      pool_pads_all_sides_(o.pool_pads_all_sides) {
  const Init init{.kind = Init::Kind::truncated_normal, .value = 0.03};
  auto layer = [&](const std::string& name, int in, int out, int kernel, int stride) {
    return build.conv_batch_norm(
        "backbone/" + name,
        {.in = in, .out = out, .kernel = kernel, .stride = stride, .init = init},
        o.backbone_epsilon);
  };
  stem_ = layer("conv1", 3, width_, 7, 2);
  int in = width_;
  for (int block = 0; block < 4; ++block) {
    blocks_.emplace_back();
    int depth = width_ << block, out = 4 * depth;
    for (int k = 0; k < o.units[size_t(block)]; ++k) {
      std::string name =
          "block" + std::to_string(block + 1) + "/unit_" + std::to_string(k + 1) + "/";
      int stride = k == 0 && block > 0 ? 2 : 1;
      int stride_1x1 = o.stride_in_3x3 ? 1 : stride, stride_3x3 = o.stride_in_3x3 ? stride : 1;
      Bottleneck unit;
      unit.has_shortcut = k == 0;
      if (unit.has_shortcut) unit.shortcut = layer(name + "shortcut", in, out, 1, stride);
      unit.conv1 = layer(name + "conv1", in, depth, 1, stride_1x1);
      unit.conv2 = layer(name + "conv2", depth, depth, 3, stride_3x3);
      unit.conv3 = layer(name + "conv3", depth, out, 1, 1);
      blocks_.back().push_back(unit);
      in = out;
    }
  }
}

Tensor Backbone::unit(const Context& c, const Network& net, const Bottleneck& u,
                      const Tensor& x) const {
  Tensor shortcut = u.has_shortcut ? apply(c, net, u.shortcut, x, Activation::none) : x;
  Tensor y = apply(c, net, u.conv1, x, activation_);
  y = apply_padded(c, net, u.conv2, y, activation_, fixed_padding(u.conv2.spec.kernel));
  return apply(c, net, u.conv3, y, Activation::relu, shortcut);
}

std::vector<Tensor> Backbone::forward(const Context& c, const Network& net,
                                      const Tensor& images) const {
  Tensor x = apply_padded(c, net, stem_, images, activation_, fixed_padding(7));
  const Padding same = same_padding(int(x.shape()[1]), int(x.shape()[2]), 3, 2);
  x = engine::max_pool(c, x, 3, 2, pool_pads_all_sides_ ? fixed_padding(3) : same);
  std::vector<Tensor> features;
  for (size_t block = 0; block < 4; ++block) {
    for (const Bottleneck& u : blocks_[block]) x = unit(c, net, u, x);
    if (block > 0) features.push_back(x);
  }
  return features;
}

}  // namespace model
