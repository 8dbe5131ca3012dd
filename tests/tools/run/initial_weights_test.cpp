// Weights of a checkpoint for a model with other classes: rows of the class predictor by name.
#include "tools/run/initial_weights.h"

#include <cstring>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/safetensors.h"
#include "model/detector.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;
using run::ClassList;

namespace {

ClassList classes(const std::vector<std::string>& names, int columns = 0) {
  data::Dataset dataset;
  for (size_t i = 0; i < names.size(); ++i)
    dataset.categories.push_back({int64_t(i) + 1, names[i]});
  return ClassList(dataset, config::ClassColumns::dense, columns);
}

struct Model {
  std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  engine::Parameters parameters;
  model::Detector detector;

  Model(int columns, uint64_t seed, int width = 4)
      : parameters(*backend, engine::precision_named("fp32")),
        detector(parameters, options(columns, width)) {
    parameters.allocate(seed);
  }

  static model::DetectorOptions options(int columns, int width = 4) {
    model::DetectorOptions o;
    o.height = o.width = 64;
    o.classes = columns;
    o.backbone_width = width;
    o.units = {1, 1, 1, 1};
    o.fpn_channels = o.head_channels = 8;
    o.head_depth = 1;
    return o;
  }

  std::vector<float> values(const std::string& name) const {
    for (const auto& named : parameters.named())
      if (named.name == name) {
        const float* at = named.value.as<float>();
        return {at, at + named.value.shape.size()};
      }
    FAIL("no tensor " << name);
    return {};
  }

  // Row of the class predictor's kernel.
  std::vector<float> row(int anchor, int column) const {
    const std::vector<float> all = values("heads/class_predictor/kernel");
    const size_t columns = size_t(detector.options().columns());
    const size_t anchors = values("heads/class_predictor/bias").size() / columns;
    const size_t size = all.size() / (anchors * columns);
    const size_t first = (size_t(anchor) * columns + size_t(column)) * size;
    return {all.begin() + int64_t(first), all.begin() + int64_t(first + size)};
  }
};

struct Saved {
  tests::TemporaryFolder folder;
  std::string path = (folder.path() / "a.safetensors").string();
  Model model;

  explicit Saved(const ClassList& of, bool with_classes = true, const std::string& config = "")
      : model(of.classes(), 1) {
    std::vector<engine::TensorToStore> tensors;
    for (const auto& n : model.parameters.named())
      tensors.push_back({"model/" + n.name,
                         {n.value.shape.dim, n.value.shape.dim + n.value.shape.rank},
                         "F32",
                         n.value.data});
    std::map<std::string, std::string> metadata;
    if (with_classes) metadata["classes"] = of.to_json();
    if (!config.empty()) metadata["config"] = config;
    engine::write_safetensors(path, tensors, metadata);
  }
};

std::string taken(const Saved& saved, Model& model, const ClassList& of,
                  const config::RunConfig& config = {}) {
  std::string all;
  for (const std::string& line :
       run::take_initial_weights(saved.path, config, of, *model.backend, model.parameters))
    all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("classes in another order: every row follows its class, and the background stays") {
  const ClassList there = classes({"a", "b", "c"}), here = classes({"c", "a", "b"});
  const Saved saved(there);
  Model model(3, 2);
  CHECK_THAT(taken(saved, model, here), Contains("by name for 'c', 'a', 'b'\n"));
  for (int anchor : {0, 3, 5}) {
    CHECK(model.row(anchor, 0) == saved.model.row(anchor, 0));
    CHECK(model.row(anchor, 1) == saved.model.row(anchor, 3));
    CHECK(model.row(anchor, 2) == saved.model.row(anchor, 1));
    CHECK(model.row(anchor, 3) == saved.model.row(anchor, 2));
  }
  CHECK(model.values("heads/box_predictor/kernel") ==
        saved.model.values("heads/box_predictor/kernel"));
}

TEST_CASE("more and fewer classes: those that both have are taken, the others start anew") {
  const Saved saved(classes({"a", "b"}));
  const ClassList more = classes({"x", "b", "y", "a"});
  Model larger(4, 2);
  const Model fresh(4, 2);
  const std::string said = taken(saved, larger, more);
  CHECK_THAT(said, Contains("by name for 'b', 'a'; re-initialised for 'x', 'y'\n") &&
                       Contains("re-initialised 0"));
  CHECK(larger.row(1, 2) == saved.model.row(1, 2));
  CHECK(larger.row(1, 4) == saved.model.row(1, 1));
  CHECK(larger.row(1, 1) == fresh.row(1, 1));
  CHECK(larger.row(1, 3) == fresh.row(1, 3));

  Model smaller(1, 2);
  CHECK_THAT(taken(saved, smaller, classes({"b"})), Contains("by name for 'b'\n"));
  CHECK(smaller.row(4, 1) == saved.model.row(4, 2));
}

TEST_CASE("no class in common: the class predictor keeps its initial values") {
  const Saved saved(classes({"bolt", "nut"}));
  Model model(2, 2);
  const Model fresh(2, 2);
  const std::string said = taken(saved, model, classes({"polyp", "ulcer"}));
  CHECK_THAT(said, Contains("it has none of this run's classes") && Contains("re-initialised 2"));
  CHECK(model.values("heads/class_predictor/kernel") ==
        fresh.values("heads/class_predictor/kernel"));
  CHECK(model.values("heads/class_predictor/bias") == fresh.values("heads/class_predictor/bias"));
}

TEST_CASE("weights of a model of another width are told as what they are: almost nothing") {
  const ClassList of = classes({"bolt"});
  const Saved saved(of), foreign(of, false);
  Model wider(1, 2, 8), same(1, 2);
  for (const Saved* file : {&saved, &foreign})
    CHECK_THAT(taken(*file, wider, of),
               Contains("warning: most tensors have another shape in the file") &&
                   Contains("model.backbone_width"));
  CHECK_THAT(taken(saved, same, of), !Contains("another shape"));
}

TEST_CASE("categories without a column of the model are refused with the key to set") {
  data::Dataset dataset;
  dataset.source = "cells.json";
  dataset.categories = {{0, "red"}, {7, "white"}};
  CHECK_THROWS_WITH(ClassList(dataset, config::ClassColumns::by_id, 0),
                    Contains("cells.json: category 'red' has the id 0, expected 1 to 10000") &&
                        Contains("set it to dense"));
  CHECK_THROWS_WITH(ClassList(dataset, config::ClassColumns::dense, 1),
                    Contains("category 'white' needs column 2, but model.num_classes is 1: raise"));
  dataset.categories.erase(dataset.categories.begin());
  CHECK_THROWS_WITH(ClassList(dataset, config::ClassColumns::by_id, 6),
                    Contains("category 'white' needs column 7, but model.num_classes is 6"));
}

TEST_CASE("names that nearly are those of the file are told with them") {
  const Saved saved(classes({"bolt", "K\u00e4se", "nut"}));
  Model model(3, 2);
  CHECK_THAT(taken(saved, model, classes({"Bolt ", "nut", "Ka\u0308se"})),
             Contains("by name for 'nut'; re-initialised for 'Bolt ' (it has 'bolt'), "
                      "'Ka\u0308se' (it has 'K\u00e4se' in other Unicode characters)"));
  Model other(1, 2);
  CHECK_THAT(taken(saved, other, classes({"BOLT"})),
             Contains("re-initialised, for 'BOLT' (it has 'bolt')"));
}

TEST_CASE("the same classes in the same columns are taken as they are, without a word") {
  const ClassList of = classes({"a", "b"});
  const Saved saved(of);
  Model model(2, 2);
  const std::string said = taken(saved, model, of);
  CHECK(said.find("class predictor") == std::string::npos);
  for (const auto& named : model.parameters.named())
    CHECK(model.values(named.name) == saved.model.values(named.name));
}

TEST_CASE("a file that names no classes is taken by position, and that is said") {
  const Saved saved(classes({"a", "b"}), false);
  Model model(2, 2);
  CHECK_THAT(taken(saved, model, classes({"b", "a"})),
             Contains("rows of the class predictor are taken by position"));
  CHECK(model.row(0, 1) == saved.model.row(0, 1));
}

TEST_CASE("keys that change what the file's weights mean are told, one line per kind") {
  const ClassList of = classes({"a", "b"});
  const auto said = [&](const std::vector<std::string>& overrides, const std::string& stored) {
    const Saved saved(of, true, stored);
    Model model(2, 2);
    const std::string all = taken(saved, model, of, config::parse_run_config("{}", "c", overrides));
    return all.substr(all.find('\n') + 1);  // behind what was loaded
  };
  const std::string end = "; training has to make up for that, unless you set the file's values\n";
  CHECK(said({}, "{}").empty());
  CHECK(said({"model.batch_norm.decay=0.9", "train.seed=3"}, "{}").empty());
  CHECK(said({"data.exif=stored"}, "{}") ==
        "note: the file's weights were trained on pictures in another frame: data.exif \"upright\" "
        "-> \"stored\"" +
            end);
  CHECK(said({"model.anchors.aspect_ratios=[1,0.5,2]", "model.anchors.scale=3", "data.mean=[0,0,0]",
              "model.backbone_activation=relu", "model.stride_placement=v1.5"},
             R"({"model": {"anchors": {"scale": 2}}})") ==
        "note: the file's weights were trained for another network: model.stride_placement \"v1\" "
        "-> \"v1.5\", model.backbone_activation \"relu6\" -> \"relu\"" +
            end +
            "note: the file's weights were trained for other anchors: model.anchors.scale 2.0 -> "
            "3.0, model.anchors.aspect_ratios [1.0,2.0,0.5] -> [1.0,0.5,2.0]" +
            end +
            "note: the file's weights were trained for other values of the pixels: data.mean "
            "[123.68,116.779,103.939] -> [0.0,0.0,0.0]" +
            end);
  CHECK(said({}, R"({"of": "tomorrow"})") ==
        "note: the file's configuration cannot be read, and was not compared\n");
}

TEST_CASE("anchors are not told of where the predictors start anew") {
  const ClassList of = classes({"a"});
  const Saved saved(of, true, R"({"model": {"anchors": {"scale": 2}}})");
  model::DetectorOptions options = Model::options(1);
  options.scales_per_octave = 3;
  engine::Parameters parameters(*saved.model.backend, engine::precision_named("fp32"));
  const model::Detector detector(parameters, options);
  parameters.allocate(1);
  const auto remarks =
      run::take_initial_weights(saved.path, {}, of, *saved.model.backend, parameters);
  CHECK(remarks.size() == 1);
}

TEST_CASE("a list of classes that cannot be is refused") {
  for (const char* list : {R"({"classes":2000000000,"list":[]})", R"({"classes":-1,"list":[]})",
                           R"({"classes":2,"list":[{"column":3,"id":1,"name":"a"}]})",
                           R"({"classes":2,"list":[{"column":1e300,"id":1,"name":"a"}]})",
                           R"({"classes":2,"list":[{"column":1,"id":1}]})", "[1, 2]", "{"}) {
    CAPTURE(list);
    CHECK_THROWS_AS(ClassList::from_json(list, "x"), base::Error);
  }
}

TEST_CASE("other names of ten thousand classes are listed in little time") {
  data::Dataset theirs;
  std::vector<std::string> own;
  for (int i = 0; i < 10'000; ++i) {
    own.push_back("c" + std::to_string(i));
    theirs.categories.push_back({i + 1, i == 0 ? "C 0" : "k" + std::to_string(i)});
  }
  const ClassList ours = classes(own);
  const std::clock_t start = std::clock();
  try {
    run::unknown_classes_in_words(ours, theirs, "val.json");
    FAIL("no class is known");
  } catch (const base::Error& error) {
    CHECK_THAT(error.what(),
               Contains("knows none of its 10000 classes, 'C 0' (it has 'c0'), 'k1'") &&
                   Contains("and 9992 more"));
  }
  theirs.categories.back().name = "c9999";
  CHECK_THAT(run::unknown_classes_in_words(ours, theirs, "val.json"),
             Contains("9999 of the 10000 classes"));
  CHECK(double(std::clock() - start) / CLOCKS_PER_SEC < 20);
}
