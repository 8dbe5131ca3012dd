// ResNet v1 with bottleneck units: He et al. 2015, arXiv:1512.03385, as TF-slim builds it.
#pragma once
#include <vector>

#include "model/detector_options.h"
#include "model/layers.h"

namespace model {

struct Bottleneck {
  ConvLayer conv1, conv2, conv3;  // 1x1 reduce, 3x3, 1x1 expand; ReLU6 after the first two
  ConvLayer shortcut;             // 1x1 where the depth changes
  bool has_shortcut = false;
};

class Backbone {
 public:
  Backbone(LayerBuilder&, const DetectorOptions&);

  // images [n, h, w, 3], means subtracted -> the outputs of blocks 2, 3, 4 at strides 8, 16, 32.
  std::vector<Tensor> forward(const Context&, const Network&, const Tensor& images) const;

  int channels(int block) const { return 4 * width_ << block; }  // of the output of block 0 .. 3

 private:
  Tensor unit(const Context&, const Network&, const Bottleneck&, const Tensor& x) const;

  int width_;
  ConvLayer stem_;
  std::vector<std::vector<Bottleneck>> blocks_;
};

}  // namespace model
