// Feature pyramid: Lin et al. 2016, arXiv:1612.03144, with the original's omissions (P5 is
// unsmoothed).
#pragma once
#include <vector>

#include "model/backbone.h"

namespace model {

class FeaturePyramid {
 public:
  FeaturePyramid(LayerBuilder&, const DetectorOptions&, const Backbone&);

  // P3, P4, P5 and the coarse levels above, all with fpn_channels.
  std::vector<Tensor> forward(const Context&, const Network&, const Backbone::Features&) const;

 private:
  ConvLayer projection_c5_, projection_c4_, projection_c3_, smoothing_p4_, smoothing_p3_;
  std::vector<ConvLayer> coarse_;
};

}  // namespace model
