// A ResNet-50 of torchvision, taken by --init-from, computes what PyTorch computes: the values in
// tests/golden are PyTorch's, written by tests/peers/torch_features.py.
#include "tests/support/tools/backbone_features.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/image/image_file.h"
#include "tests/support/catch.h"
#include "tests/support/engine/plausible_resnet.h"
#include "tests/support/fingerprint.h"
#include "tests/support/tools/training_run.h"
#include "tools/run/model_file.h"

namespace {

using tests::FeatureMap;

constexpr double kLimit = 1e-4;  // of the largest value of a map

const nlohmann::json& golden() {
  static const nlohmann::json file = nlohmann::json::parse(
      tests::text_of(tests::source_dir() / "tests/golden/resnet50_features.json"));
  return file;
}

// A folder with a file of PyTorch, a picture, and the checkpoint of a run that began with this file
// and changed nothing.
class FeatureRun {
 public:
  FeatureRun() {
    const int height = golden().at("height"), width = golden().at("width");
    tests::write_plausible_resnet50(weights());
    data::write_image(picture(), tests::plausible_picture(width, height));
    const tests::Outcome o = place_.ssdtrain(
        "--config '" + (tests::source_dir() / "configs/bccd_torchvision.json").string() +
        "' --init-from resnet50.pth --output-dir run --device cpu train.epochs=null train.steps=1 "
        "train.batch_size=1 train.schedule.base_rate=0 train.schedule.warmup_rate=0 "
        "train.memory_gib=0.5 model.batch_norm.mode=frozen model.fpn_channels=8 "
        "model.head_channels=8 model.head_depth=1 data.train.images=data/images "
        "data.train.annotations=data/annotations/instances_train.json data.val.annotations= "
        "data.val.images= eval.every_epochs=0 log.report=false model.input_height=" +
        std::to_string(height) + " model.input_width=" + std::to_string(width));
    INFO(o.out << o.err);
    REQUIRE(o.exit_code == 0);
    CHECK_THAT(o.err, Catch::Contains("loaded 265 tensors"));
  }
  std::string weights() const { return place_.at("resnet50.pth"); }
  std::string picture() const { return place_.at("picture.png"); }
  std::string checkpoint() const { return place_.at("run/last.safetensors"); }

 private:
  tests::TrainingPlace place_{2, 1};
};

const FeatureRun& place() {
  static const FeatureRun one;
  return one;
}

// The largest difference from PyTorch, as a part of the largest value. The sum of n values may
// differ by sqrt(n) times as much.
double difference(const FeatureMap& ours, const nlohmann::json& theirs) {
  REQUIRE(ours.shape == theirs.at("shape").get<std::vector<int64_t>>());
  const auto expected = theirs.at("fingerprint").get<std::vector<double>>();
  const std::vector<double> found = tests::fingerprint(ours.values, expected.size() - 1);
  REQUIRE(found.size() == expected.size());
  double worst = std::fabs(found.back() - expected.back()) / std::sqrt(double(ours.values.size()));
  for (size_t i = 0; i + 1 < found.size(); ++i)
    worst = std::max(worst, std::fabs(found[i] - expected[i]));
  return worst / theirs.at("largest").get<double>();
}

std::vector<double> differences(const std::string& weights, const config::RunConfig& config) {
  std::vector<double> all;
  const auto maps = tests::backbone_features(weights, config, place().picture());
  for (size_t i = 0; i < maps.size(); ++i)
    all.push_back(difference(maps[i], golden().at("maps").at(i)));
  return all;
}

}  // namespace

TEST_CASE("features of an imported ResNet-50 are PyTorch's") {
  const config::RunConfig config = run::ModelFile(place().checkpoint()).config();
  const std::vector<double> found = differences(place().checkpoint(), config);
  REQUIRE(found.size() == 3);
  for (double part : found) CHECK(part < kLimit);
}

TEST_CASE("each key that torchvision's networks need is needed") {
  const config::RunConfig config = run::ModelFile(place().checkpoint()).config();
  const auto is_noticed = [&](const std::string& key, const auto& change) {
    CAPTURE(key);
    config::RunConfig changed = config;
    change(changed);
    for (double part : differences(place().weights(), changed)) CHECK(part > 10 * kLimit);
  };
  is_noticed("model.stride_placement",
             [](config::RunConfig& c) { c.model.options.stride_in_3x3 = false; });
  is_noticed("model.backbone_activation",
             [](config::RunConfig& c) { c.model.options.backbone_relu6 = true; });
  is_noticed("model.pool_padding",
             [](config::RunConfig& c) { c.model.options.pool_pads_all_sides = false; });
  is_noticed("data.mean", [](config::RunConfig& c) { c.data.mean = {123.68, 116.779, 90}; });
  is_noticed("data.std", [](config::RunConfig& c) { c.data.std = {1, 1, 1}; });
}
