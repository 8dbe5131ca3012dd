#include <array>

#include "data/loading/labelled_boxes.h"
#include "kernels/image.h"
#include "tests/reference_cases/cases.h"

namespace reference {
namespace {

data::LabelledBoxes labelled_boxes(const json& in) {
  data::LabelledBoxes boxes;
  for (size_t i = 0; i < in.at("boxes").size(); ++i) {
    std::vector<float> corner = in["boxes"][i];
    boxes.push_back({corner[0], corner[1], corner[2], corner[3]});
    if (in.contains("labels")) boxes.back().label = in["labels"][i];
    if (in.contains("weights")) boxes.back().weight = in["weights"][i];
  }
  return boxes;
}

json corners(const data::LabelledBoxes& boxes) {
  json all = json::array();
  for (const data::LabelledBox& b : boxes) all.push_back({b.ymin, b.xmin, b.ymax, b.xmax});
  return all;
}

json flip_boxes_left_right(const json& in) {
  data::LabelledBoxes boxes = labelled_boxes(in);
  data::flip_left_right(boxes);
  return {{"boxes", corners(boxes)}};
}

json crop_boxes(const json& in) {
  data::LabelledBoxes boxes = labelled_boxes(in);
  std::vector<float> w = in.at("window");
  data::crop_boxes(boxes, {w[0], w[1], w[2], w[3]}, in.at("overlap_thresh"), in.at("clip_boxes"));
  json labels = json::array(), weights = json::array();
  for (const data::LabelledBox& b : boxes) labels.push_back(b.label), weights.push_back(b.weight);
  std::vector<int> size = in.at("image_size");
  return {{"boxes", corners(boxes)},
          {"labels", labels},
          {"weights", weights},
          {"image_shape", {size[0], size[1], 3}}};
}

// Objects of categories with these ids, as a data set gives them. Class column = category id.
data::LabelledBoxes objects_of_classes(const std::vector<int>& classes) {
  data::Dataset dataset;
  dataset.images = {{.width = 10, .height = 10, .object_count = uint32_t(classes.size())}};
  for (size_t i = 0; i < classes.size(); ++i) {
    dataset.categories.push_back({classes[i], ""});
    dataset.objects.push_back({.category = int(i), .width = 5, .height = 5});
  }
  return data::ground_truth(dataset, dataset.images[0], {.class_columns = classes});
}

json class_one_hot(const json& in) {
  json rows = json::array();
  for (const data::LabelledBox& b : objects_of_classes(in.at("classes"))) {
    std::vector<int> row(in.at("num_classes").get<size_t>(), 0);
    row.at(size_t(b.label) - 1) = 1;
    rows.push_back(row);
  }
  return {{"one_hot", rows}};
}

json default_weights(const json& in) {
  json weights = json::array();
  for (const data::LabelledBox& b :
       objects_of_classes(std::vector<int>(in.at("num_boxes").get<size_t>(), 1)))
    weights.push_back(b.weight);
  return {{"weights", weights}};
}

json pad_or_clip_groundtruth(const json& in) {
  data::LabelledBoxes boxes(in.at("num_groundtruth_boxes").get<size_t>(), {0, 0, 1, 1, 1, 1});
  size_t rows = in.at("max_num_boxes");
  std::vector<float> corner(4 * rows), weights(rows);
  std::vector<int32_t> labels(rows);
  int count = data::pad_or_clip(boxes, {corner.data(), labels.data(), weights.data(), int(rows)});
  return {{"num_groundtruth_boxes", count}, {"boxes_shape", {rows, 4}}};
}

// One pixel through the image kernel.
std::array<float, 3> input_pixel(const std::array<uint8_t, 3>& rgb, kernels::StagedImage staged,
                                 const kernels::ChannelScaling& scaling) {
  std::vector<uint8_t> slot(size_t(kernels::slot_bytes(1, 1)));
  std::copy(rgb.begin(), rgb.end(), slot.begin());
  staged.picture_height = staged.picture_width = 1, staged.row_bytes = 3;
  std::array<float, 3> out;
  kernels::normalise_images({}, {slot.data(), kernels::DType::u8, {1, {int64_t(slot.size())}}}, {},
                            &staged, scaling, {out.data(), kernels::DType::f32, {4, {1, 1, 1, 3}}});
  return out;
}

json subtract_means(const json& in) {
  std::array<uint8_t, 3> pixel = in.at("pixel");
  kernels::ChannelScaling scaling;
  std::vector<float> means = in.at("means_rgb");
  std::copy(means.begin(), means.end(), scaling.mean);
  return {{"pixel", input_pixel(pixel, {}, scaling)}};
}

// "x+5" as a brightness change, "2*x" as a deviation of a half: which of them comes first?
json order(const json&) {
  kernels::StagedImage brighter;
  brighter.colour_steps = 1;
  brighter.colour[0] = {kernels::ColourOp::brightness, 5.0f / 255};
  std::array<uint8_t, 3> pixel{1, 50, 100};
  std::array<float, 3> out = input_pixel(pixel, brighter, {{0, 0, 0}, {0.5f, 0.5f, 0.5f}});
  int augmented_first = 0, augmented_last = 0;
  for (size_t c = 0; c < 3; ++c) {
    augmented_first += std::abs(out[c] - float(pixel[c] + 5) * 2) < 1e-4f;
    augmented_last += std::abs(out[c] - float(pixel[c] * 2 + 5)) < 1e-4f;
  }
  return {{"formula", augmented_first == 3 ? "(x+5)*2" : augmented_last == 3 ? "x*2+5" : "?"}};
}

}  // namespace

Ops preprocessing_ops() {
  return {{"flip_boxes_left_right", flip_boxes_left_right},
          {"crop_boxes", crop_boxes},
          {"class_one_hot", class_one_hot},
          {"default_weights", default_weights},
          {"pad_or_clip_groundtruth", pad_or_clip_groundtruth},
          {"subtract_means", subtract_means},
          {"order", order}};
}

}  // namespace reference
