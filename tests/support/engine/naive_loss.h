// The losses of one image as the original defines them, in double and one after another: IoU
// matrix, matching, box codes, focal loss, Huber's loss. Shares no code with the kernels.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace tests {

struct NaiveObject {
  std::array<float, 4> box;  // ymin, xmin, ymax, xmax
  int label;                 // class column from 1; 0: of no class
  float weight;              // 0: padding
};

struct NaivePredictions {      // of one image, for all anchors
  std::vector<double> logits;  // [anchors, columns]
  std::vector<double> codes;   // [anchors, 4] as y, x, height, width
  int columns = 0;
};

struct NaiveLoss {
  std::vector<int> match;                       // per anchor: row of the object, or -1
  double classification = 0, localization = 0;  // sums, not divided
  double box_weight = 0;                        // the image's part of the normaliser
};

// `anchors` as corners. IoUs are compared in float, as in the original; all else is double.
NaiveLoss naive_loss(const std::vector<std::array<float, 4>>& anchors,
                     const std::vector<NaiveObject>&, const NaivePredictions&);

}  // namespace tests
