// The backbone is a ResNet v1 with bottleneck units (He et al. 2015, arXiv:1512.03385), built as
// TF-slim builds it.
#pragma once
#include <vector>

#include "model/detector_options.h"
#include "model/layers.h"

namespace model {

// One residual unit: relu(conv3(a(conv2(a(conv1(x))))) + shortcut(x)), with a batch norm after
// every convolution. a is ReLU6 or ReLU (DetectorOptions::backbone_relu6).
struct Bottleneck {
  ConvLayer conv1, conv2, conv3;  // 1x1, 3x3 and 1x1; conv3 has four times their channels
  ConvLayer shortcut;             // 1x1, in the first unit of each block
  bool has_shortcut = false;      // if false, the shortcut is x itself
};

class Backbone {
 public:
  // Declares the parameters, under "backbone/".
  Backbone(LayerBuilder&, const DetectorOptions&);

  // Takes images [n, h, w, 3] after normalisation. Returns the outputs of the last three blocks,
  // [n, h / stride, w / stride, channels(block)], with the strides 8, 16 and 32.
  std::vector<Tensor> forward(const Context&, const Network&, const Tensor& images) const;

  // The number of channels of a block's output. The first block is 0, the last 3.
  int channels(int block) const { return 4 * width_ << block; }

 private:
  Tensor unit(const Context&, const Network&, const Bottleneck&, const Tensor& x) const;

  int width_;
  Activation activation_;
  bool pool_pads_all_sides_;
  ConvLayer stem_;
  std::vector<std::vector<Bottleneck>> blocks_;
};

}  // namespace model
