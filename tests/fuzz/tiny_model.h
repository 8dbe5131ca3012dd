// A few parameters and a checkpoint of them, for fuzz targets that load weights.
#pragma once
#include "tests/fuzz/target.h"
#include "tests/support/paths.h"
#include "tools/run/model_file.h"

namespace fuzz {

struct TinyModel {
  std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  engine::Parameters parameters{*backend, engine::precision_named("fp32")};
  std::unique_ptr<engine::Optimizer> optimizer;

  TinyModel() {
    parameters.add({.name = "backbone/conv1/kernel", .shape = {4, {2, 7, 7, 3}}, .kernel = true});
    parameters.add({.name = "backbone/conv1/gamma", .shape = {1, {2}}});
    parameters.add_statistic("backbone/conv1/moving_mean", 2, 0.25);
    parameters.allocate(1);
    optimizer =
        std::make_unique<engine::Optimizer>(*backend, parameters, engine::OptimizerOptions{});
  }

  std::string checkpoint() const {
    const tests::TemporaryFolder folder;
    const std::string path = folder.path() / "seed";
    const auto classes = run::ClassList::from_json(
        R"({"classes": 2, "list": [{"column": 1, "id": 7, "name": "cat"}]})", "seed");
    run::save_checkpoint(*backend, path,
                         {config::RunConfig{}, classes, parameters, optimizer.get(), {}});
    return file_bytes(path);
  }
};

}  // namespace fuzz
