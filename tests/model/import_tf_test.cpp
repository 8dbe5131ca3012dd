// Checkpoints as TensorFlow writes them, as initial weights.
#include <filesystem>
#include <functional>
#include <set>

#include "engine/base/error.h"
#include "engine/base/input_file.h"
#include "engine/base/write_file.h"
#include "engine/formats/weights_file.h"
#include "engine/safetensors.h"
#include "model/detector.h"
#include "model/import_weights.h"
#include "model/weight_names.h"
#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/engine/tf_checkpoint.h"

using Catch::Contains;
using tests::ForeignWeights;
using Names = std::vector<std::string>;

namespace {

struct Model {
  std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  engine::Parameters parameters{*backend, engine::precision_named("fp32")};
  model::Detector detector{parameters, options()};
  Model() { parameters.allocate(1); }

  static model::DetectorOptions options() {
    model::DetectorOptions o;
    o.height = o.width = 96;
    o.classes = 3;
    o.backbone_width = 4;
    o.units = {2, 1, 1, 1};
    o.fpn_channels = o.head_channels = 8;
    o.head_depth = 2;
    return o;
  }
  std::map<std::string, tests::Values> values() const {
    std::map<std::string, tests::Values> all;
    for (const auto& named : parameters.named())
      all[named.name] = tests::read(tests::Tensor::borrow(named.value));
    return all;
  }
};

using Save = std::function<std::string(const ForeignWeights&)>;
const std::vector<std::pair<const char*, Save>> kForms{
    {"V1", [](const ForeignWeights& w) { return tests::save_v1(w); }},
    {"V2", [](const ForeignWeights& w) { return tests::save_v2(w); }}};

model::ImportReport imported(Model& m, const std::string& path) {
  return model::import_weights(*m.backend, path, m.parameters);
}

std::string error_of(const std::string& path) {
  Model m;
  const auto before = m.values();
  try {
    imported(m, path);
  } catch (const base::Error& e) {
    CHECK(e.code() == base::ExitCode::checkpoint);
    CHECK_THAT(e.what(), !Contains("\n"));
    CHECK(m.values() == before);
    return e.what();
  }
  return "no error";
}

// The original's checkpoint of a whole detector, with the state of its training.
void add_trained_detector(ForeignWeights& w) {
  tests::add_slim_detector(w, 4);
  Names slots;
  for (const auto& [name, tensor] : w.tensors)
    if (name.find("moving_") == std::string::npos) slots.push_back(name);
  for (const std::string& name : slots)
    w.tensors[name + "/Momentum"] = w.tensors[name + "/ExponentialMovingAverage"] = w.tensors[name];
  w.tensors["global_step"] = {{}, {12500}};
}

std::string bytes_of(const std::string& path) {
  const base::InputFile file(path);
  std::string bytes(file.size(), '\0');
  file.read_at(0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

TEST_CASE("TensorFlow: a detector of the original gives every tensor, as safetensors would") {
  ForeignWeights w;
  add_trained_detector(w);
  Model plain;
  imported(plain, w.save());
  for (const auto& [form, save] : kForms) {
    INFO(form);
    Model m;
    const model::ImportReport r = imported(m, save(w));
    CHECK(r.loaded.size() == m.parameters.named().size());
    CHECK(m.values() == plain.values());
    CHECK(r.unused.empty());
    size_t trained = 0;
    for (const auto& named : m.parameters.named()) trained += named.trained();
    CHECK(r.training_state.size() == 2 * trained + 1);
    const std::string count = std::to_string(trained);
    CHECK_THAT(r.in_words(), Contains("TF-slim names") &&
                                 Contains("(ExponentialMovingAverage " + count + ", Momentum " +
                                          count + ", global_step 1)") &&
                                 Contains("unused 0"));
  }
}

TEST_CASE("TensorFlow: each of SSD320's 463 tensors has a name of the original") {
  auto backend = engine::make_cpu_backend();
  engine::Parameters p(*backend, engine::precision_named("fp32"));
  const model::Detector detector(p, {});
  p.allocate(1, {}, false);
  std::set<std::string> names;
  for (const auto& named : p.named())
    names.insert(model::foreign_name(named.name, model::Naming::tf_slim));
  CHECK(names.size() == 463);
  CHECK_FALSE(names.contains(""));
}

TEST_CASE("TensorFlow: a classifier gives the backbone") {
  for (const auto& [form, save] : kForms) {
    INFO(form);
    ForeignWeights w;
    tests::add_slim_backbone(w);
    w.add("resnet_v1_50/logits/weights", {1, 1, 128, 10});
    w.add("mean_rgb", {3});
    w.tensors["global_step"] = {{}, {0}};
    Model m, plain;
    const model::ImportReport r = imported(m, save(w));
    CHECK(r.unused == Names{"mean_rgb", "resnet_v1_50/logits/weights"});
    CHECK(r.training_state == Names{"global_step"});
    imported(plain, w.save());
    CHECK(m.values() == plain.values());
  }
}

TEST_CASE("TensorFlow: tensors that are missing or have another shape are named") {
  for (const auto& [form, save] : kForms) {
    INFO(form);
    ForeignWeights w;
    tests::add_slim_detector(w, 4);
    w.tensors.erase("FeatureExtractor/resnet_v1_50/fpn/projection_2/biases");
    w.add("FeatureExtractor/resnet_v1_50/conv1/weights", {7, 7, 3, 5});
    Model m;
    CHECK_THAT(imported(m, save(w)).in_words(),
               Contains("re-initialised 2 (backbone/conv1/kernel, fpn/projection_2/bias)") &&
                   Contains("backbone/conv1/kernel [5, 7, 7, 3], expected [4, 7, 7, 3]"));
  }
}

TEST_CASE("TensorFlow: any name of a checkpoint's files leads to its index") {
  ForeignWeights w;
  tests::add_slim_backbone(w);
  const std::string prefix = tests::save_v2(w), data = prefix + ".data-00000-of-00001";
  for (const std::string& name : {prefix, prefix + ".index", data, prefix + ".meta"}) {
    CHECK(engine::weights_file(name) == prefix + ".index");
    CHECK(engine::open_weights(name)->tensors().size() == w.tensors.size());
  }
  base::write_file(prefix, std::string_view("a file of that name"));
  CHECK(engine::weights_file(prefix) == prefix);
  std::filesystem::remove(data);
  CHECK_THAT(error_of(prefix + ".index"), Contains(data + ": cannot open"));
  std::filesystem::remove(prefix);
  base::write_file(prefix + ".index", std::string_view("no table of TensorFlow's"));
  CHECK_THAT(error_of(prefix), Contains(".index: damaged or not the index of a TensorFlow"));
  base::write_file(data, std::string_view("values"));
  std::filesystem::remove(prefix + ".index");
  for (const std::string& name : {prefix, data})
    CHECK_THAT(error_of(name), Contains(name + ": a") && Contains(prefix + ".index' is missing"));
  CHECK(engine::weights_file("") == "");
  CHECK_THAT(error_of("/nowhere/model.ckpt"), Contains("/nowhere/model.ckpt: cannot open"));
}

TEST_CASE("TensorFlow: every byte that changes or is cut off is noticed") {
  ForeignWeights w;
  w.add("resnet_v1_50/conv1/weights", {7, 7, 3, 4});
  w.add("resnet_v1_50/conv1/BatchNorm/gamma", {4});
  const std::string v1 = tests::save_v1(w), v2 = tests::save_v2(w);
  for (const std::string& path : {v1, v2 + ".index", v2 + ".data-00000-of-00001"}) {
    INFO(path);
    const std::string& opened = path == v1 ? v1 : v2;
    const std::string sound = bytes_of(path);
    REQUIRE(error_of(opened) == "no error");
    size_t unnoticed = 0;
    const size_t footer = path.ends_with("00001") ? 0 : 48;  // its filling holds nothing
    for (size_t i = 0; i + footer < sound.size(); i += 7) {
      std::string bytes = sound;
      bytes[i] ^= 4;
      base::write_file(path, bytes);
      unnoticed += error_of(opened).find("TensorFlow") == std::string::npos;
      if (i % 5 != 0) continue;
      base::write_file(path, sound.substr(0, i));
      unnoticed += error_of(opened) == "no error";
    }
    CHECK(unnoticed == 0);
    base::write_file(path, sound);
  }
}
