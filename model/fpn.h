// The feature pyramid (Lin et al. 2016, arXiv:1612.03144). As in the original, P5 is not smoothed.
#pragma once
#include <vector>

#include "model/detector_options.h"
#include "model/layers.h"

namespace model {

class FeaturePyramid {
 public:
  // Declares the parameters, under "fpn/". `channels` are those of the backbone's feature maps, the
  // finest first. Each gets a level, and coarse levels follow up to max_level.
  FeaturePyramid(LayerBuilder&, const DetectorOptions&, const std::vector<int>& channels);

  // Takes the backbone's feature maps, each with twice the rows and columns of the next. Returns
  // all levels, the finest first, each [n, h, w, fpn_channels].
  std::vector<Tensor> forward(const Context&, const Network&,
                              const std::vector<Tensor>& features) const;

 private:
  std::vector<ConvLayer> projections_, smoothings_;  // the coarsest level is not smoothed
  std::vector<ConvLayer> coarse_;                    // 3x3 with stride 2, one per coarse level
};

}  // namespace model
