#include "tools/config/pipeline_fields.h"

namespace config {
namespace {

using F = PipelineField;

// Convolutions have the same hyperparameters in the feature extractor and in the heads, but for
// their initialiser.
void add_convolutions(std::vector<PipelineMessage>& all, const std::string& owner,
                      const std::string& initializer, const char* stddev) {
  const std::string path = owner + ".conv_hyperparams";
  all.push_back(
      {path, true, {{"op", F::is, "CONV", "CONV"}, {"activation", F::is, "RELU_6", "RELU"}}});
  all.push_back({path + ".regularizer.l2_regularizer",
                 true,
                 {{"weight", F::sets, "train.weight_decay", "1"}}});
  all.push_back({path + ".initializer." + initializer,
                 true,
                 {{"mean", F::is, "0", "0"}, {"stddev", F::is, stddev, "1"}}});
  all.push_back({path + ".batch_norm",
                 true,
                 {{"decay", F::sets, "model.batch_norm.decay", "0.999"},
                  {"epsilon", F::sets, "model.batch_norm.epsilon", "0.001"},
                  {"scale", F::is, "true", "false"},
                  {"center", F::is, "true", "true"},
                  {"train", F::is, "true", "true"}}});
}

const std::vector<PipelineMessage> kModel{
    {"model.ssd",
     true,
     {
         {"num_classes", F::sets, "model.num_classes", ""},
         {"inplace_batchnorm_update", F::ignored, "the statistics move in every step"},
         {"freeze_batchnorm", F::ignored, "batch norm of the original trains even if this is true"},
         {"encode_background_as_zeros", F::is, "true", "false"},
         {"negative_class_weight", F::is, "1", "1"},
         {"add_background_class", F::is, "true", "true"},
         {"explicit_background_class", F::is, "false", "false"},
         {"use_confidences_as_targets", F::is, "false", "false"},
         {"normalize_loss_by_num_matches", F::is, "true", "true"},
         {"normalize_loc_loss_by_codesize", F::is, "true", "false"},
     }},
    {"model.ssd.box_coder.faster_rcnn_box_coder",
     true,
     {
         {"y_scale", F::is, "10", "10"},
         {"x_scale", F::is, "10", "10"},
         {"height_scale", F::is, "5", "5"},
         {"width_scale", F::is, "5", "5"},
     }},
    {"model.ssd.matcher.argmax_matcher",
     true,
     {
         {"matched_threshold", F::is, "0.5", "0.5"},
         {"unmatched_threshold", F::is, "0.5", "0.5"},
         {"ignore_thresholds", F::is, "false", "false"},
         {"negatives_lower_than_unmatched", F::ignored, "no anchor lies between equal thresholds"},
         {"force_match_for_each_row", F::is, "true", "false"},
         {"use_matmul_gather", F::ignored, "boxes are always gathered exactly"},
     }},
    {"model.ssd.similarity_calculator.iou_similarity", true, {}, "Anchors are matched by IoU."},
    {"model.ssd.anchor_generator.multiscale_anchor_generator",
     true,
     {
         {"min_level", F::is, "3", "3"},
         {"max_level", F::sets, "model.anchors.max_level", "7"},
         {"anchor_scale", F::sets, "model.anchors.scale", "4"},
         {"aspect_ratios", F::repeated, "model.anchors.aspect_ratios"},
         {"scales_per_octave", F::sets, "model.anchors.scales_per_octave", "2"},
         {"normalize_coordinates", F::is, "true", "true"},
     }},
    {"model.ssd.image_resizer.fixed_shape_resizer",
     true,
     {
         {"height", F::sets, "model.input_height", "300"},
         {"width", F::sets, "model.input_width", "300"},
         {"resize_method", F::is, "BILINEAR", "BILINEAR"},
         {"convert_to_grayscale", F::is, "false", "false"},
     }},
};

const std::vector<PipelineMessage> kLayers{
    {"model.ssd.box_predictor.weight_shared_convolutional_box_predictor",
     true,
     {
         {"depth", F::sets, "model.head_channels", "0"},
         {"num_layers_before_predictor", F::sets, "model.head_depth", "0"},
         {"kernel_size", F::is, "3", "3"},
         {"box_code_size", F::is, "4", "4"},
         {"class_prediction_bias_init", F::is, "-4.6", "0"},
         {"use_dropout", F::is, "false", "false"},
         {"dropout_keep_probability", F::ignored, "there is no dropout"},
         {"share_prediction_tower", F::is, "false", "false"},
         {"use_depthwise", F::is, "false", "false"},
     }},
    {"model.ssd.feature_extractor",
     true,
     {
         {"type", F::is, "ssd_resnet50_v1_fpn", ""},
         {"min_depth", F::ignored, "it bounds what depth_multiplier makes smaller"},
         {"depth_multiplier", F::is, "1", "1"},
         {"pad_to_multiple", F::is, "1", "1"},
         {"use_explicit_padding", F::is, "false", "false"},
         {"use_depthwise", F::is, "false", "false"},
         {"override_base_feature_extractor_hyperparams", F::is, "true", "false"},
     }},
    {"model.ssd.feature_extractor.fpn",
     true,
     {
         {"min_level", F::is, "3", "3"},
         {"max_level", F::sets, "model.anchors.max_level", "7"},
         {"additional_layer_depth", F::sets, "model.fpn_channels", "256"},
     }},
    {"model.ssd.loss",
     true,
     {
         {"classification_weight", F::sets, "train.loss.classification_weight", "1"},
         {"localization_weight", F::sets, "train.loss.localization_weight", "1"},
     }},
    {"model.ssd.loss.classification_loss.weighted_sigmoid_focal",
     true,
     {
         {"alpha", F::sets, "train.loss.alpha", ""},
         {"gamma", F::sets, "train.loss.gamma", "2"},
     }},
    {"model.ssd.loss.localization_loss.weighted_smooth_l1",
     true,
     {
         {"delta", F::sets, "train.loss.delta", "1"},
     }},
    {"model.ssd.post_processing",
     true,
     {
         {"score_converter", F::is, "SIGMOID", "IDENTITY"},
         {"logit_scale", F::is, "1", "1"},
     }},
    {"model.ssd.post_processing.batch_non_max_suppression",
     true,
     {
         {"score_threshold", F::sets, "eval.score_threshold", "0"},
         {"iou_threshold", F::sets, "eval.iou_threshold", "0.6"},
         {"max_detections_per_class", F::sets, "eval.max_per_class", "100"},
         {"max_total_detections", F::sets, "eval.max_total", "100"},
     }},
};

const std::vector<PipelineMessage> kTraining{
    {"train_config",
     true,
     {
         {"batch_size", F::sets, "train.batch_size", "32"},
         {"num_steps", F::sets, "train.steps"},
         {"gradient_clipping_by_norm", F::sets, "train.clip_norm", "0"},
         {"fine_tune_checkpoint", F::sets, "checkpoint.init_from"},
         {"fine_tune_checkpoint_type", F::special,
          "must be classification or detection; what fits is loaded in both cases"},
         {"load_all_detection_checkpoint_vars", F::special,
          "must be true if the type is detection"},
         {"from_detection_checkpoint", F::ignored, "what fits is loaded, whatever the file holds"},
         {"add_regularization_loss", F::is, "true", "true"},
         {"merge_multiple_label_boxes", F::is, "false", "false"},
         {"use_bfloat16", F::is, "false", "false"},
         {"sync_replicas", F::ignored, "the ranks always work in step"},
         {"startup_delay_steps", F::ignored, "the ranks start together"},
         {"replicas_to_aggregate", F::ignored, "--ranks says how many ranks there are"},
         {"max_number_of_boxes", F::ignored, "the original takes that of the input reader"},
         {"unpad_groundtruth_tensors", F::ignored, "padding matches no anchor"},
         {"retain_original_images", F::ignored, "nothing uses them in training"},
         {"keep_checkpoint_every_n_hours", F::ignored, "set checkpoint.keep instead"},
         {"bias_grad_multiplier", F::ignored, "the original does not use it"},
         {"summarize_gradients", F::ignored, "a matter of logs"},
         {"batch_queue_capacity", F::ignored, "a matter of speed; see data.queue"},
         {"num_batch_queue_threads", F::ignored, "a matter of speed; see data.threads"},
         {"prefetch_queue_capacity", F::ignored, "a matter of speed; see data.queue"},
     }},
    {"train_config.optimizer",
     true,
     {
         {"use_moving_average", F::special,
          "averages are kept if eval_config.use_moving_averages is true, too"},
         {"moving_average_decay", F::special, "`train.ema`, if averages are kept"},
     }},
    {"train_config.optimizer.momentum_optimizer",
     true,
     {
         {"momentum_optimizer_value", F::sets, "train.momentum", "0.9"},
     }},
    {"train_config.optimizer.momentum_optimizer.learning_rate.cosine_decay_learning_rate",
     false,
     {
         {"learning_rate_base", F::sets, "train.schedule.base_rate", "0.002"},
         {"total_steps", F::sets, "train.schedule.total", "4000000"},
         {"warmup_learning_rate", F::sets, "train.schedule.warmup_rate", "0.0002"},
         {"warmup_steps", F::sets, "train.schedule.warmup_steps", "10000"},
         {"hold_base_rate_steps", F::is, "0", "0"},
     },
     "It sets `train.schedule.kind` to `cosine`, and `train.schedule.reference_batch` to 0: the "
     "rates "
     "are taken as they stand."},
    {"train_config.optimizer.momentum_optimizer.learning_rate.constant_learning_rate",
     false,
     {
         {"learning_rate", F::sets, "train.schedule.base_rate", "0.002"},
     },
     "It sets `train.schedule.kind` to `constant`, without a warm-up."},
};

const std::vector<PipelineMessage> kAugmentation{
    {"train_config.data_augmentation_options.random_horizontal_flip",
     false,
     {
         {"probability", F::sets, "data.augment.flip_probability", "0.5"},
     },
     "Without it, `data.augment.flip_probability` is 0."},
    {"train_config.data_augmentation_options.random_crop_image",
     false,
     {
         {"min_object_covered", F::sets, "data.augment.crop.min_object_covered", "1"},
         {"min_aspect_ratio", F::sets, "data.augment.crop.min_aspect", "0.75"},
         {"max_aspect_ratio", F::sets, "data.augment.crop.max_aspect", "1.33"},
         {"min_area", F::sets, "data.augment.crop.min_area", "0.1"},
         {"max_area", F::sets, "data.augment.crop.max_area", "1"},
         {"overlap_thresh", F::sets, "data.augment.crop.overlap_threshold", "0.3"},
         {"clip_boxes", F::sets, "data.augment.crop.clip_boxes", "true"},
         {"random_coef", F::sets, "data.augment.crop.skip_probability", "0"},
     },
     "It sets `data.augment.crop.kind` to `random`; without any crop, it is `none`."},
    {"train_config.data_augmentation_options.ssd_random_crop",
     false,
     {},
     "It sets `data.augment.crop.kind` to `ssd`."},
    {"train_config.data_augmentation_options.ssd_random_crop_pad",
     false,
     {},
     "It sets `data.augment.crop.kind` to `ssd_pad`."},
    {"train_config.data_augmentation_options.ssd_random_crop_fixed_aspect_ratio",
     false,
     {},
     "It sets `data.augment.crop.kind` to `ssd_fixed_aspect`."},
    {"train_config.data_augmentation_options.ssd_random_crop_pad_fixed_aspect_ratio",
     false,
     {},
     "It sets `data.augment.crop.kind` to `ssd_pad_fixed_aspect`."},
    {"train_config.data_augmentation_options.random_distort_color",
     false,
     {
         {"color_ordering", F::special, "`data.augment.colour.order`; must be 0 or 1"},
     },
     "It sets `data.augment.colour.probability` to 1."},
};

const std::vector<PipelineMessage> kData{
    {"train_input_reader",
     false,
     {
         {"label_map_path", F::special, "`data.label_map`; mscoco_label_map.pbtxt is built in"},
         {"max_number_of_boxes", F::sets, "data.max_boxes", "100"},
         {"shuffle", F::is, "true", "true"},
         {"num_epochs", F::is, "0", "0"},
         {"sample_1_of_n_examples", F::is, "1", "1"},
         {"num_additional_channels", F::is, "0", "0"},
         {"load_multiclass_scores", F::is, "false", "false"},
         {"load_instance_masks", F::ignored, "masks are not read"},
         {"mask_type", F::ignored, "masks are not read"},
         {"shuffle_buffer_size", F::ignored, "every epoch shuffles all images"},
         {"filenames_shuffle_buffer_size", F::ignored, "every epoch shuffles all images"},
         {"num_readers", F::ignored, "a matter of speed; see data.threads"},
         {"read_block_length", F::ignored, "a matter of speed"},
         {"num_parallel_batches", F::ignored, "a matter of speed; see data.threads"},
         {"num_prefetch_batches", F::ignored, "a matter of speed; see data.queue"},
         {"prefetch_size", F::ignored, "a matter of speed; see data.queue"},
         {"queue_capacity", F::ignored, "a matter of speed; see data.queue"},
         {"min_after_dequeue", F::ignored, "every epoch shuffles all images"},
     }},
    {"train_input_reader.tf_record_input_reader",
     false,
     {
         {"input_path", F::repeated, "data.train.tfrecords"},
     }},
    {"eval_config",
     false,
     {
         {"batch_size", F::sets, "eval.batch_size"},
         {"metrics_set", F::is, "coco_detection_metrics"},
         {"use_moving_averages", F::special, "if true, `train.ema` is the decay of the optimizer"},
         {"num_examples", F::ignored, "every image is evaluated, as by the original"},
         {"max_evals", F::ignored, "eval.every_steps says when to evaluate"},
         {"eval_interval_secs", F::ignored, "eval.every_steps says when to evaluate"},
         {"num_visualizations", F::ignored, "the report chooses the pictures"},
         {"retain_original_images", F::ignored, "the report reads the images again"},
         {"include_metrics_per_category", F::ignored, "per_class.csv always has them"},
     }},
    {"eval_input_reader",
     false,
     {
         {"label_map_path", F::special, "`data.label_map`; mscoco_label_map.pbtxt is built in"},
         {"shuffle", F::ignored, "metrics do not depend on the order"},
         {"num_epochs", F::ignored, "every image is evaluated once"},
         {"num_readers", F::ignored, "a matter of speed; see data.threads"},
         {"max_number_of_boxes", F::ignored, "an evaluation takes all boxes"},
         {"sample_1_of_n_examples", F::is, "1", "1"},
         {"num_additional_channels", F::is, "0", "0"},
         {"load_instance_masks", F::ignored, "masks are not read"},
         {"mask_type", F::ignored, "masks are not read"},
     }},
    {"eval_input_reader.tf_record_input_reader",
     false,
     {
         {"input_path", F::repeated, "data.val.tfrecords"},
     }},
};

std::vector<PipelineMessage> all_messages() {
  std::vector<PipelineMessage> all;
  for (const auto* part : {&kModel, &kLayers, &kTraining, &kAugmentation, &kData})
    all.insert(all.end(), part->begin(), part->end());
  add_convolutions(all, "model.ssd.box_predictor.weight_shared_convolutional_box_predictor",
                   "random_normal_initializer", "0.01");
  add_convolutions(all, "model.ssd.feature_extractor", "truncated_normal_initializer", "0.03");
  return all;
}

}  // namespace

const std::vector<PipelineMessage>& pipeline_messages() {
  static const std::vector<PipelineMessage> all = all_messages();
  return all;
}

}  // namespace config
