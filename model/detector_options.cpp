#include "model/detector_options.h"

#include "engine/base/error.h"

namespace model {

using base::ExitCode, base::fail;

void check(const DetectorOptions& o) {
  auto require = [](bool ok, const char* key, const char* expected, double got) {
    if (!ok) fail(ExitCode::usage, "model.", key, ": expected ", expected, ", got ", got);
  };
  for (int side : {o.height, o.width})
    require(side >= 64 && side <= 4096 && side % 32 == 0, "input_size",
            "multiples of 32 from 64 to 4096", side);
  require(o.classes >= 1 && o.classes <= 10000, "classes", "1 to 10000", o.classes);
  require(o.backbone_width >= 4 && o.backbone_width <= 256, "backbone_width", "4 to 256",
          o.backbone_width);
  for (int n : o.units) require(n >= 1 && n <= 64, "units", "four counts from 1 to 64", n);
  require(o.fpn_channels >= 4 && o.fpn_channels <= 1024, "fpn_channels", "4 to 1024",
          o.fpn_channels);
  require(o.head_channels >= 4 && o.head_channels <= 1024, "head_channels", "4 to 1024",
          o.head_channels);
  require(o.head_depth >= 0 && o.head_depth <= 16, "head_depth", "0 to 16", o.head_depth);
  require(o.max_level >= 5 && o.max_level <= 7, "anchors.max_level", "5, 6 or 7", o.max_level);
  require(o.anchor_scale > 0, "anchors.scale", "a positive number", o.anchor_scale);
  require(o.scales_per_octave >= 1 && o.scales_per_octave <= 8, "anchors.scales_per_octave",
          "1 to 8", o.scales_per_octave);
  require(!o.aspect_ratios.empty() && o.aspect_ratios.size() <= 16, "anchors.aspect_ratios",
          "1 to 16 ratios", double(o.aspect_ratios.size()));
  for (double a : o.aspect_ratios) require(a > 0, "anchors.aspect_ratios", "positive numbers", a);
}

bool original_accepts(int height, int width) {
  constexpr int kLeastSide = 129;
  return height >= kLeastSide && width >= kLeastSide;
}

int feature_size(int input_size, int level) {
  for (int i = 0; i < level; ++i) input_size = (input_size + 1) / 2;
  return input_size;
}

}  // namespace model
