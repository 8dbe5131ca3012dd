// Feature pyramid: Lin et al. 2016, arXiv:1612.03144, with the original's omissions (P5 is
// unsmoothed).
#pragma once
#include <vector>

#include "model/detector_options.h"
#include "model/layers.h"

namespace model {

class FeaturePyramid {
 public:
  // One level per backbone feature, finest first, of the given channels; coarse levels above up to
  // max_level.
  FeaturePyramid(LayerBuilder&, const DetectorOptions&, const std::vector<int>& channels);

  // Each feature twice as fine as the next. Returns as many levels and the coarse ones,
  // fpn_channels each.
  std::vector<Tensor> forward(const Context&, const Network&,
                              const std::vector<Tensor>& features) const;

 private:
  std::vector<ConvLayer> projections_, smoothings_;  // the coarsest level is not smoothed
  std::vector<ConvLayer> coarse_;
};

}  // namespace model
