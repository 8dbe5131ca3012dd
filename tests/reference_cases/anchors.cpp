#include "kernels/anchors.h"

#include "tests/reference_cases/cases.h"

namespace reference {
namespace {

using namespace kernels;

AnchorOptions options_of(const json& in) {
  AnchorOptions o{.image_height = in.value("image_height", 320),
                  .image_width = in.value("image_width", 320),
                  .levels = {},
                  .anchor_scale = in.value("anchor_scale", 4.f),
                  .scales_per_octave = in.at("scales_per_octave"),
                  .aspect_ratios = in.at("aspect_ratios"),
                  .normalise = in.value("normalize_coordinates", true)};
  int low = in.at("min_level"), high = in.at("max_level");
  for (int level = low; level <= high; ++level) {
    json shape = in.contains("feature_map_shapes")
                     ? in["feature_map_shapes"].at(size_t(level - low))
                     : json{1, 1};
    o.levels.push_back({1 << level, shape.at(0), shape.at(1)});
  }
  return o;
}

View view_of(std::vector<Box>& boxes) {
  return {boxes.data(), DType::f32, {2, {int64_t(boxes.size()), 4}}};
}

json multiscale_anchors(const json& in) {
  AnchorOptions options = options_of(in);
  std::vector<Box> boxes(size_t(anchor_count(options)));
  make_anchors({}, options, view_of(boxes));
  return {{"anchors", to_json(boxes)}};
}

json multiscale_anchors_error(const json& in) {
  return {{"error", refuses([&] { multiscale_anchors(in); })}};
}

json num_anchors_per_location(const json& in) {
  json counts = json::array();
  for (const AnchorGrid& grid : anchor_grids(options_of(in))) counts.push_back(grid.per_cell());
  return {{"counts", counts}};
}

json grid_anchor_boxes(const json& in) {
  AnchorGrid grid{.rows = in.at("grid").at(0),
                  .columns = in.at("grid").at(1),
                  .stride_y = in.at("anchor_stride").at(0),
                  .stride_x = in.at("anchor_stride").at(1),
                  .offset_y = in.at("anchor_offset").at(0),
                  .offset_x = in.at("anchor_offset").at(1),
                  .base_height = in.at("base_anchor_size").at(0),
                  .base_width = in.at("base_anchor_size").at(1),
                  .scales = in.at("scales"),
                  .aspect_ratios = in.at("aspect_ratios")};
  std::vector<Box> boxes(size_t(grid.size()));
  grid_anchors({}, grid, 1, 1, view_of(boxes));
  return {{"anchors", to_json(boxes)}};
}

}  // namespace

Ops anchor_ops() {
  return {
      {"multiscale_anchors", multiscale_anchors},
      {"multiscale_anchors_error", multiscale_anchors_error},
      {"num_anchors_per_location", num_anchors_per_location},
      {"grid_anchors", grid_anchor_boxes},
  };
}

}  // namespace reference
