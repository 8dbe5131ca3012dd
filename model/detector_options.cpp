#include "model/detector_options.h"

#include "engine/base/error.h"

namespace model {

using base::ExitCode, base::fail;

namespace {

void require(bool good, const char* key, const std::string& expected, double found) {
  if (!good) fail(ExitCode::usage, "model.", key, ": expected ", expected, ", found ", found);
}

void require(const base::Interval& range, const char* key, double found) {
  require(range.contains(found), key, base::in_words(range), found);
}

void check_anchors(const DetectorOptions& o) {
  require(limits::max_level, "anchors.max_level", o.max_level);
  require(limits::anchor_scale, "anchors.scale", o.anchor_scale);
  require(limits::scales_per_octave, "anchors.scales_per_octave", o.scales_per_octave);
  const size_t ratios = o.aspect_ratios.size();
  require(ratios >= 1 && ratios <= limits::most_aspect_ratios, "anchors.aspect_ratios",
          "1 to 16 ratios", double(ratios));
  require(o.anchors_per_cell() <= limits::most_anchors_per_cell, "anchors.aspect_ratios",
          "at most " + std::to_string(limits::most_anchors_per_cell) + " anchors per cell",
          o.anchors_per_cell());
  for (double ratio : o.aspect_ratios)
    require(limits::aspect_ratio, "anchors.aspect_ratios", ratio);
}

}  // namespace

void check(const DetectorOptions& o) {
  for (auto [key, side] : {std::pair("input_height", o.height), {"input_width", o.width}}) {
    require(limits::side, key, side);
    require(side % 32 == 0, key, "a multiple of 32", side);
  }
  require(limits::classes, "num_classes", o.classes);
  require(limits::backbone_width, "backbone_width", o.backbone_width);
  for (int n : o.units) require(limits::units, "units", n);
  require(limits::channels, "fpn_channels", o.fpn_channels);
  require(limits::channels, "head_channels", o.head_channels);
  require(limits::head_depth, "head_depth", o.head_depth);
  check_anchors(o);
  require(limits::decay, "batch_norm.decay", o.batch_norm_decay);
  require(limits::epsilon, "batch_norm.backbone_epsilon", o.backbone_epsilon);
  require(limits::epsilon, "batch_norm.epsilon", o.epsilon);
}

int feature_size(int input_size, int level) {
  for (int i = 0; i < level; ++i) input_size = (input_size + 1) / 2;
  return input_size;
}

}  // namespace model
