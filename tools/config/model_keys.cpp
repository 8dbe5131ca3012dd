#include "tools/config/model_keys.h"

namespace config {

using base::between;
namespace limits = model::limits;

void bind_model(ConfigTable& t, ModelConfig& m) {
  model::DetectorOptions& o = m.options;
  t.section("model", "The network");
  t.number("model.input_height", o.height, limits::side,
           "rows of the network's input, a multiple of 32");
  t.number("model.input_width", o.width, limits::side,
           "columns of the network's input, a multiple of 32");
  t.number("model.num_classes", o.classes, between(0, limits::classes.high),
           "number of classes without the background; 0 to take it from the data");
  t.choice("model.class_columns", m.class_columns,
           {{"by_id", ClassColumns::by_id}, {"dense", ClassColumns::dense}},
           "output column of a class: its category id (as in the original), or its place in the "
           "list, counted from 1");
  t.number("model.backbone_width", o.backbone_width, limits::backbone_width,
           "channels of ResNet's first convolution");
  t.numbers("model.units", o.units, {.each = limits::units},
            "bottleneck units of ResNet's four blocks");
  t.choice("model.stride_placement", o.stride_in_3x3, {{"v1", false}, {"v1.5", true}},
           "which convolution has the stride: the 1x1 (as in the original), or the 3x3 (as in "
           "torchvision and timm)");
  t.choice("model.backbone_activation", o.backbone_relu6, {{"relu6", true}, {"relu", false}},
           "what follows ResNet's batch norms: relu6 (as in the original), or relu (as in "
           "torchvision and timm)");
  t.choice("model.pool_padding", o.pool_pads_all_sides, {{"same", false}, {"all_sides", true}},
           "where the max pooling after the first convolution pads: below and on the right (as in "
           "the original), or on all sides (as in torchvision and timm)");
  t.number("model.fpn_channels", o.fpn_channels, limits::channels,
           "channels of the pyramid's levels");
  t.number("model.head_channels", o.head_channels, limits::channels,
           "channels of the class and box towers");
  t.number("model.head_depth", o.head_depth, limits::head_depth,
           "convolutions of each tower before its predictor");

  t.section("model.anchors", "Boxes from which predictions start");
  t.number("model.anchors.max_level", o.max_level, limits::max_level,
           "last level of the pyramid; the first is 3, and the stride of a level is 2^level");
  t.number("model.anchors.scale", o.anchor_scale, limits::anchor_scale,
           "side of an anchor, in strides of its level");
  t.number("model.anchors.scales_per_octave", o.scales_per_octave, limits::scales_per_octave,
           "number of anchor sizes per level");
  t.numbers("model.anchors.aspect_ratios", o.aspect_ratios,
            {limits::aspect_ratio, 1, limits::most_aspect_ratios}, "width / height of the anchors");

  t.section("model.batch_norm", "Batch normalisation");
  t.choice("model.batch_norm.mode", o.frozen_batch_norm, {{"train", false}, {"frozen", true}},
           "statistics of the batch (as in the original), or the stored ones, which then stay as "
           "they are and are folded into the convolutions");
  t.choice(
      "model.batch_norm.statistics", o.sync_batch_norm, {{"per_rank", false}, {"sync", true}},
      "in training: of each rank's batch (as in the original), or of the batches of all ranks");
  t.number("model.batch_norm.decay", o.batch_norm_decay, limits::decay,
           "weight of the old value in the moving statistics");
  t.number("model.batch_norm.backbone_epsilon", o.backbone_epsilon, limits::epsilon,
           "added to the variance in the backbone");
  t.number("model.batch_norm.epsilon", o.epsilon, limits::epsilon,
           "added to the variance in pyramid and heads");
}

}  // namespace config
