// Class and box towers, convolution kernels shared by all levels, batch norms of each level its
// own: Lin et al. 2017, arXiv:1708.02002 (RetinaNet), as TF's weight-shared box predictor builds
// them.
#pragma once
#include <vector>

#include "model/detector_options.h"
#include "model/layers.h"

namespace model {

struct Predictions {                 // one tensor per level
  std::vector<Tensor> class_logits;  // [n, h, w, anchors_per_cell * columns], anchor-major
  std::vector<Tensor> box_codes;     // [n, h, w, anchors_per_cell * 4], (y, x, h, w)
};

class Heads {
 public:
  Heads(LayerBuilder&, const DetectorOptions&);
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
