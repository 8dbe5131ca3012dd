#include "model/anchors.h"

namespace model {

kernels::AnchorOptions anchor_options(const DetectorOptions& o) {
  kernels::AnchorOptions a{.image_height = o.height,
                           .image_width = o.width,
                           .levels = {},
                           .anchor_scale = float(o.anchor_scale),
                           .scales_per_octave = o.scales_per_octave,
                           .aspect_ratios = {o.aspect_ratios.begin(), o.aspect_ratios.end()}};
  for (int level = 3; level <= o.max_level; ++level)
    a.levels.push_back({1 << level, feature_size(o.height, level), feature_size(o.width, level)});
  return a;
}

Anchors::Anchors(engine::Backend& backend, const DetectorOptions& options)
    : count_(kernels::anchor_count(anchor_options(options))),
      memory_(backend, size_t(count_) * 4 * sizeof(float), engine::MemoryKind::device) {
  const auto a = anchor_options(options);
  int64_t next = 0;
  for (const auto& level : a.levels) {
    first_.push_back(next);
    next += int64_t(level.grid_height) * level.grid_width * kernels::anchors_per_cell(a);
  }
  kernels::make_anchors(backend.queue(engine::Lane::compute), a, boxes());
}

}  // namespace model
