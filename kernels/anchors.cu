#include "kernels/anchors.h"

#include <stdexcept>

#include "kernels/simt.h"

namespace kernels {
namespace {

struct GridAnchors {  // one element per anchor
  int columns, per_cell;
  float stride_y, stride_x, offset_y, offset_x, y_scale, x_scale;
  float height[AnchorGrid::kMostPerCell], width[AnchorGrid::kMostPerCell];
  float* out;

  HD void operator()(int i) const {
    int cell = i / per_cell, shape = i % per_cell;
    float y = float(cell / columns) * stride_y + offset_y;
    float x = float(cell % columns) * stride_x + offset_x;
    float half_height = 0.5f * height[shape], half_width = 0.5f * width[shape];
    Box box{y - half_height, x - half_width, y + half_height, x + half_width};
    store_box(out + 4 * int64_t(i), scale(box, y_scale, x_scale));
  }
};

void check(const AnchorOptions& o) {
  auto wrong = [](const char* what) { throw std::invalid_argument(what); };
  if (o.levels.empty()) wrong("anchors: no levels");
  if (o.image_height < 1 || o.image_width < 1) wrong("anchors: the image has no pixels");
  if (o.normalise && (o.image_height == 1 || o.image_width == 1))
    wrong("anchors: normalised anchors need the image's size");
  if (o.scales_per_octave < 1 || o.aspect_ratios.empty()) wrong("anchors: no shapes");
  for (float ratio : o.aspect_ratios)
    if (!(ratio > 0)) wrong("anchors: an aspect ratio is not positive");
  if (!(o.anchor_scale > 0)) wrong("anchors: anchor_scale is not positive");
  for (const AnchorLevel& l : o.levels)
    if (l.stride < 1 || l.grid_height < 0 || l.grid_width < 0)
      wrong("anchors: a level is not valid");
}

}  // namespace

void grid_anchors(Queue queue, const AnchorGrid& grid, float y, float x, View out) {
  if (grid.per_cell() > AnchorGrid::kMostPerCell)
    throw std::invalid_argument("anchors: over 64 per cell");
  GridAnchors kernel{.columns = grid.columns,
                     .per_cell = int(grid.per_cell()),
                     .stride_y = grid.stride_y,
                     .stride_x = grid.stride_x,
                     .offset_y = grid.offset_y,
                     .offset_x = grid.offset_x,
                     .y_scale = y,
                     .x_scale = x,
                     .height = {},
                     .width = {},
                     .out = out.as<float>()};
  int shape = 0;
  for (float ratio : grid.aspect_ratios)
    for (float scale : grid.scales) {
      kernel.height[shape] = scale / std::sqrt(ratio) * grid.base_height;
      kernel.width[shape] = scale * std::sqrt(ratio) * grid.base_width;
      ++shape;
    }
  each(queue, grid.size(), kernel);
}

int64_t anchors_per_cell(const AnchorOptions& o) {
  return int64_t(o.aspect_ratios.size()) * o.scales_per_octave;
}

int64_t anchor_count(const AnchorOptions& o) {
  int64_t cells = 0;
  for (const AnchorLevel& l : o.levels) cells += int64_t(l.grid_height) * l.grid_width;
  return cells * anchors_per_cell(o);
}

std::vector<AnchorGrid> anchor_grids(const AnchorOptions& o) {
  check(o);
  std::vector<float> scales;
  for (int i = 0; i < o.scales_per_octave; ++i)
    scales.push_back(float(std::exp2(double(i) / o.scales_per_octave)));
  std::vector<AnchorGrid> grids;
  for (const AnchorLevel& l : o.levels) {
    auto offset = [&](int size) { return size % l.stride == 0 ? float(l.stride) / 2 : 0.f; };
    float base = o.anchor_scale * float(l.stride);
    grids.push_back({.rows = l.grid_height,
                     .columns = l.grid_width,
                     .stride_y = float(l.stride),
                     .stride_x = float(l.stride),
                     .offset_y = offset(o.image_height),
                     .offset_x = offset(o.image_width),
                     .base_height = base,
                     .base_width = base,
                     .scales = scales,
                     .aspect_ratios = o.aspect_ratios});
  }
  return grids;
}

void make_anchors(Queue queue, const AnchorOptions& options, View out) {
  float y = options.normalise ? 1.0f / float(options.image_height) : 1.0f;
  float x = options.normalise ? 1.0f / float(options.image_width) : 1.0f;
  float* next = out.as<float>();
  for (const AnchorGrid& grid : anchor_grids(options)) {
    grid_anchors(queue, grid, y, x, {next, DType::f32, {2, {grid.size(), 4}}});
    next += 4 * grid.size();
  }
}

}  // namespace kernels
