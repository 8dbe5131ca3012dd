// The exported file, run by plain loops, finds what our engine finds.
#include "tools/export/onnx_detector.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/image/image_file.h"
#include "data/synthetic/shapes.h"
#include "tests/support/catch.h"
#include "tests/support/onnx_run.h"
#include "tests/support/picture.h"
#include "tests/support/tools/training_run.h"
#include "tools/run/image_batches.h"

namespace fs = std::filesystem;

namespace {

// A small detector after a few steps on drawn pictures.
class Trained {
 public:
  explicit Trained(const std::string& keys = "") : place_(8, 4) {
    const tests::Outcome outcome = place_.train("run", "train.steps=6 eval.every_steps=0 " + keys);
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
  }
  run::LoadedModel model() const {
    return {run::ModelFile(place_.at("run/last.safetensors")),
            {.device = "cpu", .precision = "fp32"}};
  }
  std::string at(const std::string& name) const { return place_.at(name); }

 private:
  tests::TrainingPlace place_;
};

const Trained& trained() {
  static const Trained one;
  return one;
}

tests::OnnxTensor pixels_of(const data::Picture& image) {
  return {{1, image.height, image.width, 3}, {image.rgb.begin(), image.rgb.end()}};
}

std::vector<run::FoundBox> found_by_engine(run::LoadedModel& model, const data::Picture& image) {
  const std::string file = trained().at("picture.png");
  data::write_image(file, image);
  config::EvalConfig eval = model.config().eval;
  eval.nms.score_threshold = 1e-4;
  config::DataConfig data = model.config().data;
  const model::DetectorOptions& o = model.config().model.options;
  run::Inference& inference = model.prepare(1, eval, data);
  run::ImageBatches batches({file},
                            {.max_boxes = data.sample.max_boxes, .input = {o.height, o.width}});
  return inference.run(batches.next()->batch)[0];
}

// The largest difference between a found box and the anchor of the exported network that is
// closest to it.
double distance(const run::FoundBox& found,
                const std::map<std::string, tests::OnnxTensor>& values) {
  const tests::OnnxTensor &boxes = values.at("boxes"), &scores = values.at("scores");
  const int64_t anchors = scores.shape[1], classes = scores.shape[2];
  double least = 1;
  for (int64_t a = 0; a < anchors; ++a) {
    double most = std::abs(scores.values[size_t(a * classes + found.column - 1)] - found.score);
    const float corners[4] = {found.ymin, found.xmin, found.ymax, found.xmax};
    for (size_t i = 0; i < 4; ++i)
      most = std::max(most, std::abs(std::clamp(boxes.values[size_t(a) * 4 + i], 0.0, 1.0) -
                                     double(corners[i])));
    least = std::min(least, most);
  }
  return least;
}

void check_boxes(run::LoadedModel model, const onnx::ExportOptions& options,
                 const data::Picture& image, double limit) {
  const tests::OnnxModel file = tests::parse_onnx(onnx::detector_file(model, options));
  const auto values = tests::run_onnx(file, pixels_of(image));
  const std::vector<run::FoundBox> found = found_by_engine(model, image);
  REQUIRE(found.size() > 5);
  const std::vector<double>& scores = values.at("scores").values;
  CHECK(std::abs(*std::max_element(scores.begin(), scores.end()) - found[0].score) < limit);
  for (const run::FoundBox& box : found) CHECK(distance(box, values) < limit);
}

void check_boxes(const onnx::ExportOptions& options, int width, int height, double limit) {
  check_boxes(trained().model(), options,
              data::draw_scene({.width = width, .height = height}, 3).image, limit);
}

}  // namespace

TEST_CASE("export: the ONNX network gives our boxes and scores, for images of any size") {
  check_boxes({.nms = onnx::Nms::none}, 64, 64, 2e-5);
  check_boxes({.nms = onnx::Nms::none}, 150, 41, 2e-5);
  check_boxes({.opset = 21, .nms = onnx::Nms::none}, 33, 200, 2e-5);
}

TEST_CASE("export: the ONNX network gives our boxes and scores for photographs") {
  const fs::path photos = tests::shared_data() / "demo-photos";
  if (tests::shared_data().empty() || !fs::exists(photos)) {
    WARN("skipped: no demo-photos beside the project");
    return;
  }
  for (const auto& entry : fs::directory_iterator(photos)) {
    if (entry.path().extension() != ".jpg") continue;
    CAPTURE(entry.path());
    check_boxes(trained().model(), {.nms = onnx::Nms::none}, tests::read_image(entry.path()), 2e-5);
  }
}

TEST_CASE("export: the ONNX network has the backbone of torchvision") {
  const Trained like_torchvision(
      "model.stride_placement=v1.5 model.backbone_activation=relu model.pool_padding=all_sides "
      "data.mean=[123.675,116.28,103.53] data.std=[58.395,57.12,57.375]");
  check_boxes(like_torchvision.model(), {.nms = onnx::Nms::none},
              data::draw_scene({.width = 70, .height = 90}, 3).image, 2e-5);
}

TEST_CASE("export: weights in half precision move boxes and scores a little") {
  check_boxes({.nms = onnx::Nms::none, .half_weights = true}, 64, 64, 2e-3);
  run::LoadedModel model = trained().model();
  const size_t whole = onnx::detector_file(model, {}).size();
  const size_t half = onnx::detector_file(model, {.half_weights = true}).size();
  CHECK(double(half) < 0.75 * double(whole));
}

TEST_CASE("export: the file names its operators, inputs, outputs and classes") {
  run::LoadedModel model = trained().model();
  const tests::OnnxModel file = tests::parse_onnx(onnx::detector_file(model, {.opset = 19}));
  CHECK(file.ir_version == 9);
  CHECK(file.opsets == std::map<std::string, int64_t>{{"", 19}});
  CHECK(file.inputs == std::vector<std::string>{"images"});
  CHECK(file.outputs == std::vector<std::string>{"num_detections", "detection_boxes",
                                                 "detection_scores", "detection_classes"});
  const auto classes = nlohmann::json::parse(file.metadata.at("classes"));
  REQUIRE(int(classes.size()) == model.classes().classes());
  CHECK(classes[0].at("index") == 0);
  CHECK(classes[0].at("name") == model.classes().name_of(1));
  CHECK(file.metadata.at("input_size") ==
        nlohmann::json{model.config().model.options.height, model.config().model.options.width}
            .dump());
}

TEST_CASE("export: TensorRT's suppression is one node of its own domain") {
  run::LoadedModel model = trained().model();
  onnx::ExportOptions options{.nms = onnx::Nms::tensor_rt};
  options.suppression.max_total = 17;
  const tests::OnnxModel file = tests::parse_onnx(onnx::detector_file(model, options));
  CHECK(file.opsets.size() == 2);
  CHECK(file.nodes.back().op == "EfficientNMS_TRT");
  CHECK(file.nodes.back().integers.at("max_output_boxes") == std::vector<int64_t>{17});
}
