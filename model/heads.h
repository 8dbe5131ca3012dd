// The class head and the box head: a tower of convolutions and a predictor each (RetinaNet, Lin et
// al. 2017, arXiv:1708.02002), built as TensorFlow's weight-shared box predictor builds them. All
// levels share the convolution kernels, but each level has batch norms of its own.
#pragma once
#include <vector>

#include "model/detector_options.h"
#include "model/layers.h"

namespace model {

// One tensor per level, the finest first, in the activations' dtype. The values of one anchor lie
// side by side.
struct Predictions {
  std::vector<Tensor> class_logits;  // [n, h, w, anchors_per_cell * columns]
  std::vector<Tensor> box_codes;     // [n, h, w, anchors_per_cell * 4]: (y, x, h, w)
};

class Heads {
 public:
  // Declares the parameters, under "heads/".
  Heads(LayerBuilder&, const DetectorOptions&);
  // Takes the levels of the pyramid, each [n, h, w, fpn_channels]. Each tower of each level is a
  // branch of the step (engine/branches.h).
  Predictions forward(const Context&, const Network&, const std::vector<Tensor>& levels) const;

 private:
  struct Tower {
    std::vector<std::vector<ConvLayer>> layers;  // [level][depth]
    ConvLayer predictor;
  };
  static Tower build_tower(LayerBuilder&, const DetectorOptions&, const std::string& name,
                           int outputs, double bias_start);
  static Tensor forward(const Context&, const Network&, const Tower&, size_t level,
                        const Tensor& x);

  Tower box_, class_;
};

}  // namespace model
