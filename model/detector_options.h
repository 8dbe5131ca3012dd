// The options that make a member of the detector's family. The defaults are SSD320 v1.2.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "engine/base/interval.h"
#include "kernels/anchors.h"

namespace model {

struct DetectorOptions {
  int height = 320, width = 320;  // multiples of 32
  int classes = 90;               // without the background, whose column comes first
  int backbone_width = 64;        // channels of the first convolution and of block 1's bottleneck
  std::array<int, 4> units{3, 4, 6, 3};  // residual units per block
  // Which convolution of a unit has the stride: the 1x1 ("v1", as in the original) or the 3x3
  // ("v1.5").
  bool stride_in_3x3 = false;
  // Whether the backbone's batch norms are followed by ReLU6 (as in the original) or by ReLU. The
  // sum at the end of a unit is followed by ReLU in both cases.
  bool backbone_relu6 = true;
  // Whether the max pooling behind the first convolution pads one pixel on all four sides, or only
  // at the bottom and on the right (TensorFlow's SAME, as in the original).
  bool pool_pads_all_sides = false;
  int fpn_channels = 256, head_channels = 256, head_depth = 4;
  int max_level = 7;  // 5, 6 or 7: pyramid levels 3 .. max_level have strides 8 .. 2^max_level

  double anchor_scale = 4;  // the side of an anchor at octave scale 1, in strides of its level
  int scales_per_octave = 2;
  std::vector<double> aspect_ratios{1.0, 2.0, 0.5};  // width / height

  bool frozen_batch_norm = false;   // whether training, too, uses the moving statistics
  bool sync_batch_norm = false;     // whether statistics are those of the batches of all ranks
  double batch_norm_decay = 0.997;  // of the moving statistics, per step
  // TensorFlow's fused batch norm raises an epsilon of 1e-5 to 1.001e-5.
  double backbone_epsilon = 1.001e-5, epsilon = 1e-3;

  // Where the bias of the class logits starts. Objects are rare, and sigmoid(-4.6) is 0.01.
  double class_bias = -4.6;

  int columns() const { return classes + 1; }
  int anchors_per_cell() const { return scales_per_octave * int(aspect_ratios.size()); }
  int levels() const { return max_level - 2; }
};

// The ranges of the options. The configuration's keys take them from here.
namespace limits {
inline constexpr base::Interval side = base::between(64, 4096), classes = base::between(1, 10000);
inline constexpr base::Interval backbone_width = base::between(4, 256);
inline constexpr base::Interval units = base::between(1, 64);       // each of the four
inline constexpr base::Interval channels = base::between(4, 1024);  // of pyramid and heads
inline constexpr base::Interval head_depth = base::between(0, 16);
inline constexpr base::Interval max_level = base::between(5, 7);
inline constexpr base::Interval anchor_scale = base::between(0.01, 1000);
inline constexpr base::Interval scales_per_octave = base::between(1, 8);
inline constexpr base::Interval aspect_ratio = base::between(0.01, 100);
inline constexpr size_t most_aspect_ratios = 16;
inline constexpr int most_anchors_per_cell = kernels::AnchorGrid::kMostPerCell;
inline constexpr base::Interval decay = base::between(0, 1);
inline constexpr base::Interval epsilon = base::between(1e-12, 1);
}  // namespace limits

// Throws Error(usage), with the name of the key, if an option is out of range.
void check(const DetectorOptions&);

// The rows (or columns) of the feature map of `level`, 3 .. max_level, for an image with that many
// rows (or columns). Each level halves the size and rounds up.
int feature_size(int input_size, int level);

}  // namespace model
