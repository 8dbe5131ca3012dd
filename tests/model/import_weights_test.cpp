// Files as other programs write them, made here value by value: every tensor of theirs holds
// numbers that only its own name and element index give.
#include "model/import_weights.h"
#include "tests/support/catch.h"

#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "engine/base/error.h"
#include "engine/safetensors.h"
#include "model/detector.h"
#include "tests/support/engine/foreign_weights.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/paths.h"

using namespace tests;
using engine::Parameters, model::DetectorOptions, model::import_weights, model::ImportReport;

namespace {

DetectorOptions small(int classes = 3) {
  DetectorOptions o;
  o.height = o.width = 96;
  o.classes = classes;
  o.backbone_width = 4;
  o.units = {2, 1, 1, 1};
  o.fpn_channels = o.head_channels = 8;
  o.head_depth = 2;
  return o;
}

struct Model {
  std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  Parameters parameters;
  model::Detector detector;
  explicit Model(const DetectorOptions& o = small(), const char* precision = "fp32",
                 uint64_t seed = 1)
      : parameters(*backend, engine::precision_named(precision)), detector(parameters, o) {
    parameters.allocate(seed);
  }
  std::map<std::string, Values> values() const {
    std::map<std::string, Values> all;
    for (const auto& named : parameters.named())
      all[named.name] = tests::read(Tensor::borrow(named.value));
    return all;
  }
};

size_t count(const Model& m, const std::string& prefix) {
  size_t n = 0;
  for (const auto& named : m.parameters.named()) n += named.name.starts_with(prefix);
  return n;
}

// Ours, element (o, y, x, i), against theirs at `index(o, y, x, i)` of the tensor `name`.
using Index = std::function<size_t(int64_t, int64_t, int64_t, int64_t)>;
void check_kernel(const Model& m, const std::string& ours, const std::string& name,
                  const Index& index) {
  INFO(ours << " from " << name);
  for (const auto& named : m.parameters.named()) {
    if (named.name != ours) continue;
    const auto& d = named.value.shape.dim;
    const float* at = named.value.as<float>();
    size_t wrong = 0;
    for (int64_t o = 0; o < d[0]; ++o)
      for (int64_t y = 0; y < d[1]; ++y)
        for (int64_t x = 0; x < d[2]; ++x)
          for (int64_t i = 0; i < d[3]; ++i)
            wrong += *at++ != foreign_value(name, index(o, y, x, i));
    CHECK(wrong == 0);
    return;
  }
  FAIL("no such tensor of ours");
}

void check_vector(const Model& m, const std::string& ours, const std::string& name) {
  INFO(ours << " from " << name);
  const Values values = m.values().at(ours);
  size_t wrong = values.empty();
  for (size_t i = 0; i < values.size(); ++i) wrong += values[i] != double(foreign_value(name, i));
  CHECK(wrong == 0);
}

std::string error_of(Model& m, const std::string& path) {
  const auto before = m.values();
  try {
    import_weights(*m.backend, path, m.parameters);
  } catch (const base::Error& e) {
    CHECK(e.code() == base::ExitCode::checkpoint);
    CHECK_THAT(e.what(), Catch::Contains(path) && !Catch::Contains("\n"));
    CHECK(m.values() == before);
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("import: torchvision's names, with and without prefixes") {
  for (const char* prefix : {"", "backbone.", "module.", "module.backbone.body."}) {
    INFO("prefix '" << prefix << "'");
    Model m;
    const auto before = m.values();
    ForeignWeights s;
    add_torchvision(s, prefix);
    const std::string p = prefix;
    s.tensors[p + "bn1.num_batches_tracked"] = {{}, {7}};
    ImportReport r = import_weights(*m.backend, s.save(), m.parameters);
    CHECK(r.loaded.size() == count(m, "backbone/"));
    CHECK(r.reinitialised.size() == count(m, "fpn/") + count(m, "heads/"));
    CHECK(r.unused ==
          std::vector<std::string>{p + "bn1.num_batches_tracked", p + "fc.bias", p + "fc.weight"});
    CHECK(r.other_shape.empty());

    auto oihw = [](int64_t in, int64_t k) {
      return [=](int64_t o, int64_t y, int64_t x, int64_t i) {
        return size_t(((o * in + i) * k + y) * k + x);
      };
    };
    check_kernel(m, "backbone/conv1/kernel", p + "conv1.weight", oihw(3, 7));
    check_kernel(m, "backbone/block1/unit_2/conv1/kernel", p + "layer1.1.conv1.weight",
                 oihw(16, 1));
    check_kernel(m, "backbone/block3/unit_1/conv2/kernel", p + "layer3.0.conv2.weight",
                 oihw(16, 3));
    check_kernel(m, "backbone/block4/unit_1/shortcut/kernel", p + "layer4.0.downsample.0.weight",
                 oihw(64, 1));
    check_vector(m, "backbone/conv1/gamma", p + "bn1.weight");
    check_vector(m, "backbone/conv1/beta", p + "bn1.bias");
    check_vector(m, "backbone/block2/unit_1/conv3/moving_mean", p + "layer2.0.bn3.running_mean");
    check_vector(m, "backbone/block2/unit_1/conv3/moving_variance", p + "layer2.0.bn3.running_var");
    check_vector(m, "backbone/block1/unit_1/shortcut/beta", p + "layer1.0.downsample.1.bias");
    for (const auto& [name, values] : m.values())
      if (!name.starts_with("backbone/")) CHECK(values == before.at(name));
    CHECK_THAT(r.in_words(), Catch::Contains("torchvision") &&
                                 Catch::Contains("loaded " + std::to_string(r.loaded.size())) &&
                                 Catch::Contains("fpn/ ") && Catch::Contains("heads/ ") &&
                                 Catch::Contains("fc.weight") && Catch::Contains("v1.5") &&
                                 Catch::Contains("model.backbone_activation relu") &&
                                 Catch::Contains("model.pool_padding all_sides") &&
                                 !Catch::Contains("\n"));
  }
}

TEST_CASE("import: TF-slim's classifier") {
  for (const std::string prefix : {"", "FeatureExtractor/"}) {
    Model m;
    ForeignWeights s;
    add_slim_backbone(s, prefix);
    s.add("resnet_v1_50/logits/weights", {1, 1, 128, 10});
    s.add("mean_rgb", {3});
    ImportReport r = import_weights(*m.backend, s.save(), m.parameters);
    CHECK(r.loaded.size() == count(m, "backbone/"));
    CHECK(r.unused == std::vector<std::string>{"mean_rgb", "resnet_v1_50/logits/weights"});
    CHECK(r.hint.empty());
    const std::string scope = prefix + "resnet_v1_50/";
    auto hwio = [](int64_t k, int64_t in, int64_t out) {
      return [=](int64_t o, int64_t y, int64_t x, int64_t i) {
        return size_t(((y * k + x) * in + i) * out + o);
      };
    };
    check_kernel(m, "backbone/conv1/kernel", scope + "conv1/weights", hwio(7, 3, 4));
    check_kernel(m, "backbone/block1/unit_2/conv3/kernel",
                 scope + "block1/unit_2/bottleneck_v1/conv3/weights", hwio(1, 4, 16));
    check_kernel(m, "backbone/block4/unit_1/shortcut/kernel",
                 scope + "block4/unit_1/bottleneck_v1/shortcut/weights", hwio(1, 64, 128));
    check_vector(m, "backbone/conv1/moving_variance", scope + "conv1/BatchNorm/moving_variance");
    check_vector(m, "backbone/block2/unit_1/conv2/gamma",
                 scope + "block2/unit_1/bottleneck_v1/conv2/BatchNorm/gamma");
  }
}

TEST_CASE("import: the whole detector under the Object Detection API's names") {
  Model m;
  ForeignWeights s;
  add_slim_detector(s, 4);
  ImportReport r = import_weights(*m.backend, s.save(), m.parameters);
  CHECK(r.loaded.size() == m.parameters.named().size());
  CHECK(r.reinitialised.empty());
  CHECK(r.unused.empty());
  const std::string heads = "WeightSharedConvolutionalBoxPredictor/";
  auto hwio = [](int64_t k, int64_t in, int64_t out) {
    return [=](int64_t o, int64_t y, int64_t x, int64_t i) {
      return size_t(((y * k + x) * in + i) * out + o);
    };
  };
  check_kernel(m, "heads/class_predictor/kernel", heads + "ClassPredictor/weights", hwio(3, 8, 24));
  check_kernel(m, "heads/box_tower/conv_1/kernel", heads + "BoxPredictionTower/conv2d_1/weights",
               hwio(3, 8, 8));
  check_kernel(m, "fpn/projection_3/kernel",
               "FeatureExtractor/resnet_v1_50/fpn/projection_3/weights", hwio(1, 128, 8));
  check_vector(m, "fpn/projection_2/bias", "FeatureExtractor/resnet_v1_50/fpn/projection_2/biases");
  check_vector(m, "fpn/bottom_up_block6/gamma",
               "FeatureExtractor/resnet_v1_50/fpn/bottom_up_block6/BatchNorm/gamma");
  check_vector(m, "heads/class_tower/conv_0/level_3/gamma",
               heads + "ClassPredictionTower/conv2d_0/BatchNorm/feature_0/gamma");
  check_vector(m, "heads/class_tower/conv_1/level_7/moving_mean",
               heads + "ClassPredictionTower/conv2d_1/BatchNorm/feature_4/moving_mean");
  check_vector(m, "heads/box_predictor/bias", heads + "BoxPredictor/biases");
}

TEST_CASE("import: our own checkpoint, for another number of classes") {
  Model source(small(7), "fp32", 5), m(small(3), "bf16", 9);
  const auto before = m.values();
  ForeignWeights s;
  for (const auto& named : source.parameters.named()) {
    const Values values = tests::read(Tensor::borrow(named.value));
    std::vector<int64_t> shape{named.value.shape.dim,
                               named.value.shape.dim + named.value.shape.rank};
    s.tensors["model/" + named.name] = {shape, {values.begin(), values.end()}};
    if (named.trained())
      s.tensors["optimizer/momentum/" + named.name] = s.tensors["model/" + named.name];
  }
  ImportReport r = import_weights(*m.backend, s.save(), m.parameters);
  CHECK(r.reinitialised ==
        std::vector<std::string>{"heads/class_predictor/kernel", "heads/class_predictor/bias"});
  CHECK(r.loaded.size() == m.parameters.named().size() - 2);
  CHECK(r.unused == std::vector<std::string>{"model/heads/class_predictor/bias",
                                             "model/heads/class_predictor/kernel"});
  CHECK_THAT(r.in_words(), Catch::Contains("[48, 3, 3, 8], expected [24, 3, 3, 8]"));
  const auto after = m.values(), from = source.values();
  for (const auto& [name, values] : after) {
    INFO(name);
    const bool kept = name.starts_with("heads/class_predictor/");
    CHECK(values == (kept ? before : from).at(name));
  }
  for (const auto& named : m.parameters.named())  // working copies follow
    if (named.name == "backbone/conv1/kernel") {
      const auto* working = static_cast<const kernels::bf16*>(m.parameters.working().data);
      CHECK(float(working[0]) == float(kernels::bf16(float(after.at(named.name)[0]))));
    }
}

TEST_CASE("import: a part that fits is taken, and the rest is said") {
  Model m;
  const auto before = m.values();
  ForeignWeights s;
  add_torchvision(s);
  s.tensors.erase("layer2.0.conv2.weight");
  s.add("layer3.0.conv2.weight", {16, 16, 1, 1});
  s.add("layer1.2.conv1.weight", {4, 16, 1, 1});  // a unit the model does not have
  ImportReport r = import_weights(*m.backend, s.save(), m.parameters);
  CHECK(r.loaded.size() == count(m, "backbone/") - 2);
  CHECK(r.other_shape == std::vector<std::string>{"backbone/block3/unit_1/conv2/kernel [16, 1, 1, "
                                                  "16], expected [16, 3, 3, 16]"});
  for (const char* name :
       {"backbone/block2/unit_1/conv2/kernel", "backbone/block3/unit_1/conv2/kernel"}) {
    CHECK(std::count(r.reinitialised.begin(), r.reinitialised.end(), name) == 1);
    CHECK(m.values().at(name) == before.at(name));
  }
  for (const char* name : {"layer3.0.conv2.weight", "layer1.2.conv1.weight"})
    CHECK(std::count(r.unused.begin(), r.unused.end(), name) == 1);
}

TEST_CASE("import: files that cannot be used change nothing and say why") {
  Model m;
  {
    ForeignWeights s;
    s.add("some.weight", {3});
    CHECK_THAT(error_of(m, s.save()), Catch::Contains("no tensor of") &&
                                          Catch::Contains("expected names like") &&
                                          Catch::Contains("some.weight"));
  }
  {
    ForeignWeights s;
    CHECK_THAT(error_of(m, s.save()), Catch::Contains("no tensors"));
  }
  {
    ForeignWeights s;  // right names, another width
    add_torchvision(s, "", 8);
    CHECK_THAT(error_of(m, s.save()), Catch::Contains("backbone/conv1/kernel [8, 7, 7, 3]") &&
                                          Catch::Contains("expected [4, 7, 7, 3]"));
  }
  for (float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    ForeignWeights s;
    add_torchvision(s);
    s.tensors["layer4.0.bn3.running_mean"].second[100] = bad;
    CHECK_THAT(error_of(m, s.save()),
               Catch::Contains("layer4.0.bn3.running_mean") && Catch::Contains("element 100"));
  }
  {
    ForeignWeights s;
    add_torchvision(s);
    s.add("module.conv1.weight", {4, 3, 7, 7});
    CHECK_THAT(error_of(m, s.save()), Catch::Contains("both mean 'conv1.weight'"));
  }
  CHECK_THAT(error_of(m, "/nowhere/x.safetensors"), Catch::Contains("cannot open"));
}

TEST_CASE("import: half types, doubles, and a dtype that holds no weights") {
  for (const char* dtype : {"F16", "BF16", "F64", "I32"}) {
    INFO(dtype);
    Model m;
    TemporaryFolder folder;
    const std::string path = (folder.path() / "x.safetensors").string();
    const std::string d = dtype;
    std::vector<char> bytes;
    for (int i = 0; i < 4; ++i) {
      const float x = 0.5f + float(i);
      auto append = [&](auto y) {
        bytes.insert(bytes.end(), reinterpret_cast<char*>(&y), reinterpret_cast<char*>(&y + 1));
      };
      if (d == "F16") append(kernels::f16(x));
      if (d == "BF16") append(kernels::bf16(x));
      if (d == "F64") append(double(x));
      if (d == "I32") append(int32_t(i));
    }
    std::vector<engine::TensorToStore> list{{"bn1.weight", {4}, d, bytes.data()}};
    engine::write_safetensors(path, list, {});
    if (d == "I32") {
      CHECK_THAT(error_of(m, path), Catch::Contains("bn1.weight") && Catch::Contains("I32"));
    } else {
      CHECK(import_weights(*m.backend, path, m.parameters).loaded ==
            std::vector<std::string>{"backbone/conv1/gamma"});
      CHECK(m.values().at("backbone/conv1/gamma") == Values{0.5, 1.5, 2.5, 3.5});
    }
  }
}

TEST_CASE("import: SSD320 takes 265 tensors of a ResNet-50, as the original did") {
  auto backend = engine::make_cpu_backend();
  Parameters p(*backend, engine::precision_named("fp32"));
  model::Detector detector(p, {});
  size_t backbone = 0;
  p.allocate(1, {}, false);
  for (const auto& named : p.named()) backbone += named.name.starts_with("backbone/");
  CHECK(backbone == 265);
}
