// The feature maps of a backbone, which the detector itself keeps inside.
#pragma once
#include <string>
#include <vector>

#include "tools/config/run_config.h"

namespace tests {

struct FeatureMap {
  std::vector<int64_t> shape;  // [1, height, width, channels]
  std::vector<double> values;
};

// Returns what the pyramid gets from the backbone for a picture: the maps of stride 8, 16 and 32,
// in fp32 on the CPU, with the batch norms folded as ssddetect does. `weights` is a file that
// --init-from takes. The network and the scaling of the pixels are those of the configuration; the
// picture is a file of any size.
std::vector<FeatureMap> backbone_features(const std::string& weights,
                                          const config::RunConfig& config,
                                          const std::string& picture);

}  // namespace tests
