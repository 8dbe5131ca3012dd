#include <limits>

#include "kernels/nms.h"
#include "tests/reference_cases/cases.h"
#include "tests/support/engine/device_arrays.h"
#include "tests/support/engine/naive_nms.h"

namespace reference {
namespace {

using namespace kernels;

// The inputs of any of the ops, as a batch.
struct Problem {
  tests::NmsProblem boxes;
  std::vector<Box> windows;
  std::vector<int32_t> valid;
  NmsOptions options;

  Problem(const json& in, const json& images_boxes, const json& images_scores) {
    boxes.images = int(images_boxes.size());
    boxes.count = int(images_boxes.at(0).size());
    boxes.boxes_per_anchor = int(images_boxes[0].at(0).size());
    boxes.classes = int(images_scores.at(0).at(0).size());
    for (const json& image : images_boxes)
      for (const json& anchor : image)
        for (const json& box : anchor) boxes.boxes.push_back(to_box(box));
    boxes.scores = flat<float>(images_scores);
    options = {.score_threshold = in.value("score_threshold", std::numeric_limits<float>::lowest()),
               .iou_threshold = in.at("iou_threshold"),
               .window = {}};
    options.change_frame = in.value("change_coordinate_frame", false);
    json window = in.value("clip_window", json());
    if (window.is_array() && window.at(0).is_number())
      options.window = to_box(window);
    else if (window.is_array())
      windows = to_boxes(window);
    json count = in.value("num_valid_boxes", json());
    if (count.is_array()) valid = flat<int32_t>(count);
  }

  void limit(int per_class, int total) {
    options.max_per_class = per_class;
    options.max_total = total ? total : per_class * boxes.classes;
  }

  tests::NmsOutput run() const {
    tests::DeviceArrays arrays("cpu");
    ScoredBoxes in = boxes.on(arrays);
    if (!windows.empty()) in.windows = {(void*)windows.data(), DType::f32, {2, {boxes.images, 4}}};
    if (!valid.empty()) in.valid = {(void*)valid.data(), DType::i32, {1, {boxes.images}}};
    std::vector<char> workspace(size_t(nms_workspace(in, options)));
    tests::NmsOutput out(boxes.images, options.max_total);
    multiclass_nms({}, in, options, {workspace.data()}, out.on(arrays));
    return out;
  }
};

json nms(const json& in) {
  json boxes = json::array(), scores = json::array();
  for (const json& box : in.at("boxes")) boxes.push_back({box});
  for (const json& score : in.at("scores")) scores.push_back(json::array({score}));
  Problem problem(in, json::array({boxes}), json::array({scores}));
  problem.limit(in.at("max_output_size"), in.at("max_output_size"));
  std::vector<Box> kept;
  tests::NmsImage detected = problem.run().images().at(0);
  for (const tests::Detected& d : detected) kept.push_back(d.box);
  return {{"boxes", to_json(kept)}};
}

json multiclass(const json& in) {
  Problem problem(in, json::array({in.at("boxes")}), json::array({in.at("scores")}));
  problem.limit(in.at("max_size_per_class"), in.at("max_total_size"));
  json boxes = json::array(), scores = json::array(), classes = json::array();
  tests::NmsImage detected = problem.run().images().at(0);
  for (const tests::Detected& d : detected) {
    boxes.push_back(to_json(d.box));
    scores.push_back(d.score);
    classes.push_back(d.c);
  }
  return {{"boxes", boxes}, {"scores", scores}, {"classes", classes}};
}

json batch(const json& in) {
  Problem problem(in, in.at("boxes"), in.at("scores"));
  problem.limit(in.at("max_size_per_class"), in.at("max_total_size"));
  tests::NmsOutput out = problem.run();
  json boxes = json::array(), scores = json::array(), classes = json::array();
  for (int image = 0; image < problem.boxes.images; ++image) {
    auto rows = [&](const auto& all) {
      auto first = all.begin() + image * out.most;
      return std::vector(first, first + out.most);
    };
    boxes.push_back(to_json(rows(out.boxes)));
    scores.push_back(rows(out.scores));
    classes.push_back(rows(out.classes));
  }
  return {
      {"boxes", boxes}, {"scores", scores}, {"classes", classes}, {"num_detections", out.counts}};
}

}  // namespace

Ops suppression_ops() {
  return {
      {"nms", nms},
      {"multiclass_nms", multiclass},
      {"batch_multiclass_nms", batch},
  };
}

}  // namespace reference
