// Checkpoints that are damaged, of another model, from another program, or not worth keeping.
#include <cstring>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tools/run/checkpoint_files.h"

namespace fs = std::filesystem;
using base::ExitCode, engine::SafetensorsFile;
using run::ModelFile, run::RunFolder;

namespace {

struct Model {
  std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  engine::Parameters parameters;
  std::unique_ptr<engine::Optimizer> optimizer;

  // The optimiser's buffers count up from `start`, or stay at zero if that is 0.
  explicit Model(int classes = 3, const engine::OptimizerOptions& options = {},
                 const std::vector<std::string>& freeze = {}, float start = 1)
      : parameters(*backend, engine::precision_named("fp32")) {
    const engine::Init normal{.kind = engine::Init::Kind::normal, .value = 0.1};
    parameters.add({.name = "backbone/conv1/kernel",
                    .shape = {4, {16, 3, 3, 40}},
                    .init = normal,
                    .kernel = true});
    parameters.add({.name = "heads/class_predictor/bias", .shape = {1, {6 * (classes + 1)}}});
    parameters.add_statistic("backbone/conv1/moving_mean", 16, 0.25);
    parameters.allocate(1, freeze);
    optimizer = std::make_unique<engine::Optimizer>(*backend, parameters, options);
    if (start == 0) return;
    for (const auto& [name, values] : optimizer->rule_buffers())
      for (int64_t i = 0; i < values.shape.size(); ++i) values.as<float>()[i] = start++;
  }
};

struct Run {
  tests::TemporaryFolder own;
  config::RunConfig config;
  run::ClassList classes;
  RunFolder folder;
  Model model;

  Run() : config(config_in(own.path() / "run")), folder(RunFolder::create(config, {})) {}
  static config::RunConfig config_in(const fs::path& folder) {
    config::RunConfig c;
    c.name = "test";
    c.output_dir = folder;
    return c;
  }
  void save(int64_t step, int keep = 1) {
    run::CheckpointFiles(folder, keep)
        .save(*model.backend, {config,
                               classes,
                               model.parameters,
                               model.optimizer.get(),
                               {.step = step, .optimizer = {.step = step}}});
  }
  std::string last() const { return folder.file("last.safetensors"); }
  std::string previous() const { return folder.file("previous.safetensors"); }

  std::set<std::string> checkpoints() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path()))
      if (entry.path().string().find(".safetensors") != std::string::npos)
        names.insert(entry.path().filename());
    return names;
  }
  // The step that resuming goes on from; -1 when it starts anew. Complaints go to `said`.
  int64_t resumed_step() {
    said.clear();
    const auto file = run::open_newest(run::resumable(folder.path()), said);
    return file ? file->state().step : -1;
  }
  std::vector<std::string> said;
};

// The one line that `action` fails with.
std::string error_of(ExitCode code, const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& e) {
    CHECK(e.code() == code);
    CHECK_THAT(e.what(), !Catch::Contains("\n"));
    return e.what();
  }
  return "";
}

// A sound file with the given changes.
struct Change {
  std::function<void(std::map<std::string, std::string>&)> metadata = [](auto&) {};
  std::function<void(std::vector<engine::TensorToStore>&)> tensors = [](auto&) {};
};
void rewrite(const std::string& path, const Change& change) {
  std::vector<std::vector<char>> bytes;
  std::vector<engine::TensorToStore> tensors;
  std::map<std::string, std::string> metadata;
  {
    const SafetensorsFile file(path);
    metadata = file.metadata();
    for (const auto& t : file.tensors()) {
      file.read(t, bytes.emplace_back(t.bytes).data());
      tensors.push_back({t.name, t.shape, t.dtype, bytes.back().data()});
    }
  }
  change.metadata(metadata);
  change.tensors(tensors);
  engine::write_safetensors(path, tensors, metadata);
}

const std::string kKernel = "model/backbone/conv1/kernel";

}  // namespace

TEST_CASE("checkpoint: any damage is found, the previous one is used, and that is said") {
  Run r;
  r.save(1);
  r.save(2);
  const std::string good = tests::text_of(r.last());
  CHECK(good.size() > 40000);
  CHECK(r.resumed_step() == 2);
  auto damaged = [&](const std::string& bytes) {
    tests::write_text(r.last(), bytes);
    const std::string error =
        error_of(ExitCode::checkpoint, [&] { SafetensorsFile file(r.last()); });
    return error.find(r.last()) != std::string::npos;
  };
  size_t missed = 0;
  for (size_t i = 0; i < good.size(); i += 37) {
    std::string bad = good;
    bad[i] = char(bad[i] ^ (1 << (i % 8)));
    missed += !damaged(bad);
  }
  for (size_t length = 0; length < good.size(); length += 211)
    missed += !damaged(good.substr(0, length));
  missed += !damaged(good + "x");
  for (size_t page = 0; page + 4096 <= good.size(); page += 4096)
    missed += !damaged(std::string(good).replace(page, 4096, 4096, '\0'));
  std::string swapped = good;  // two stretches of values
  for (size_t i = 0; i < 64; ++i)
    std::swap(swapped[good.size() - 1 - i], swapped[good.size() - 30001 - i]);
  missed += !damaged(swapped);
  CHECK(missed == 0);

  CHECK(r.resumed_step() == 1);
  REQUIRE(r.said.size() == 1);
  CHECK_THAT(r.said[0], Catch::Contains(r.last()) && Catch::Contains("checksum"));
  fs::remove(r.last());
  CHECK(r.resumed_step() == 1);
  CHECK(r.said.empty());
}

TEST_CASE("checkpoint: when none is good, nothing starts anew") {
  Run r;
  CHECK(r.resumed_step() == -1);  // none was ever saved
  r.save(1);
  r.save(2);
  tests::write_text(r.last(), "");
  tests::write_text(r.previous(), tests::text_of(r.previous()).substr(0, 1000));
  const std::string error = error_of(ExitCode::checkpoint, [&] { r.resumed_step(); });
  CHECK_THAT(error, Catch::Contains("no checkpoint can be resumed") && Catch::Contains(r.last()));
  CHECK(r.said.size() == 2);
  r.save(3);  // and the damaged one does not get in the way
  CHECK(r.resumed_step() == 3);
}

TEST_CASE("checkpoint: a numbered one serves when last and previous are damaged") {
  Run r;
  for (int64_t step : {10, 20, 30}) r.save(step, 3);
  tests::write_text(r.last(), "x");
  tests::write_text(r.previous(), "x");
  CHECK(r.resumed_step() == 10);  // 30 and 20 are the same files under other names
  CHECK(r.said.size() == 4);
}

TEST_CASE("checkpoint: that many are kept") {
  Run r;
  for (int64_t step : {5, 10, 15, 20}) r.save(step, 2);
  const std::set<std::string> expected{"last.safetensors", "previous.safetensors",
                                       "step_000000015.safetensors", "step_000000020.safetensors"};
  CHECK(r.checkpoints() == expected);
  run::CheckpointFiles(r.folder, 2).last_is_best();
  run::CheckpointFiles(r.folder, 2).last_is_best();
  CHECK(r.checkpoints().size() == 5);
  CHECK(ModelFile(r.folder.file("best.safetensors")).state().step == 20);

  r.save(12, 2);  // the run went on from an older step
  CHECK(ModelFile(r.folder.file("step_000000012.safetensors")).state().step == 12);
  CHECK(r.checkpoints().contains("step_000000020.safetensors"));
  CHECK(ModelFile(r.folder.file("best.safetensors")).state().step == 20);
}

TEST_CASE("checkpoint: values that are not finite are not published") {
  Run r;
  r.save(1);
  const std::string before = tests::text_of(r.last());
  const std::set<std::string> files = r.checkpoints();
  const auto all = r.model.parameters.named();
  const engine::View momentum = r.model.optimizer->rule_buffers()[0].values;
  for (const engine::View& view : {all[0].value, part_of(momentum, all[1]), all[2].value}) {
    float& x = view.as<float>()[view.shape.size() - 1];
    const float kept = x;
    for (float bad :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
      x = bad;
      CHECK_THAT(error_of(ExitCode::diverged, [&] { r.save(2); }),
                 Catch::Contains("not finite") && Catch::Contains(r.last()));
    }
    x = kept;
  }
  CHECK(tests::text_of(r.last()) == before);
  CHECK(r.checkpoints() == files);
}

TEST_CASE("checkpoint: a file of another model is refused by tensor, wanted and found") {
  Run r;
  r.save(1);
  auto refused = [&](const Change& change) {
    const std::string path = r.folder.file("other.safetensors");
    fs::copy_file(r.last(), path, fs::copy_options::overwrite_existing);
    rewrite(path, change);
    return error_of(ExitCode::checkpoint, [&] {
      ModelFile(path).load_training(*r.model.backend, r.model.parameters, *r.model.optimizer);
    });
  };
  auto kernel = [](auto& tensors) -> engine::TensorToStore& {
    for (auto& t : tensors)
      if (t.name == kKernel) return t;
    throw std::logic_error("no kernel");
  };
  CHECK(refused({}) == "");
  using List = std::vector<engine::TensorToStore>;
  CHECK_THAT(refused({.tensors = [&](List& l) { kernel(l).name = "other"; }}),
             Catch::Contains("'" + kKernel + "' [16, 3, 3, 40] is missing"));
  CHECK_THAT(refused({.tensors =
                          [&](List& l) {
                            kernel(l).shape = {16, 3, 3, 20, 2};
                          }}),
             Catch::Contains(kKernel) && Catch::Contains("has shape [16, 3, 3, 20, 2]") &&
                 Catch::Contains("expected [16, 3, 3, 40]"));
  CHECK_THAT(refused({.tensors = [&](List& l) { kernel(l).dtype = "I32"; }}),
             Catch::Contains(kKernel) && Catch::Contains("I32"));
  CHECK_THAT(refused({.tensors =
                          [&](List& l) {
                            l.push_back({"model/extra", {1}, "F32", kernel(l).data});
                          }}),
             Catch::Contains("'model/extra' [1] is unknown"));
  CHECK_THAT(refused({.tensors =
                          [&](List& l) {
                            for (auto& t : l)
                              if (t.name.ends_with("/kernel") && t.name.starts_with("optimizer/"))
                                t.name = "gone/" + t.name;
                          }}),
             Catch::Contains("optimizer/momentum/") && Catch::Contains("missing"));
  std::vector<float> values(16 * 3 * 3 * 40, std::numeric_limits<float>::infinity());
  CHECK_THAT(refused({.tensors = [&](List& l) { kernel(l).data = values.data(); }}),
             Catch::Contains(kKernel) && Catch::Contains("not finite"));
  Model other(7);
  CHECK_THAT(
      error_of(ExitCode::checkpoint,
               [&] { ModelFile(r.last()).load_model(*other.backend, other.parameters, false); }),
      Catch::Contains("heads/class_predictor/bias") && Catch::Contains("[24]") &&
          Catch::Contains("[48]"));
}

TEST_CASE("checkpoint: each optimiser stores its own buffers, and refuses those of another") {
  Run r;
  r.save(1);
  Run other;
  const engine::RuleOptions adamw{.kind = engine::RuleKind::adamw};
  other.config.train.optimizer = adamw;
  Model model(3, {.rule = adamw, .update = {.average_decay = 0.5}});
  run::CheckpointFiles(other.folder, 1)
      .save(*model.backend,
            {other.config, other.classes, model.parameters, model.optimizer.get(), {}});
  std::set<std::string> names;
  const SafetensorsFile file(other.last());
  for (const auto& t : file.tensors()) names.insert(t.name);
  CHECK(names.size() == 3 + 2 * 3);
  for (const char* group : {"optimizer/first_moment/", "optimizer/second_moment/", "ema/"})
    CHECK(names.contains(group + kKernel.substr(6)));

  Model again(3, model.optimizer->options());
  for (const auto& buffer : again.optimizer->rule_buffers())
    std::fill_n(buffer.values.as<float>(), buffer.values.shape.size(), 0.0f);
  ModelFile(other.last()).load_training(*again.backend, again.parameters, *again.optimizer);
  for (size_t k : {0, 1})
    for (const auto& named : model.parameters.named()) {
      if (!named.trained()) continue;
      const auto part = [&](const Model& m) {
        return tests::read(
            engine::Tensor::borrow(part_of(m.optimizer->rule_buffers()[k].values, named)));
      };
      CHECK(part(again) == part(model));
    }

  const auto load = [](const Run& from, Model& into) {
    return error_of(ExitCode::checkpoint, [&] {
      ModelFile(from.last()).load_training(*into.backend, into.parameters, *into.optimizer);
    });
  };
  CHECK_THAT(load(r, again), Catch::Contains("state of optimizer 'momentum', expected 'adamw'") &&
                                 Catch::Contains("train.optimizer.kind=momentum"));
  CHECK_THAT(load(other, r.model), Catch::Contains("'adamw', expected 'momentum'"));
}

TEST_CASE("checkpoint: what its run did not keep starts anew, and that is said") {
  const engine::OptimizerOptions averaged{.update = {.average_decay = 0.5}};
  Run r;
  const auto saved = [&](std::vector<std::string> freeze, double ema, const Model& model) {
    r.config.train.freeze = std::move(freeze);
    r.config.train.ema = ema;
    run::CheckpointFiles(r.folder, 1)
        .save(*model.backend, {r.config, r.classes, model.parameters, model.optimizer.get(), {}});
    return ModelFile(r.last());
  };
  const auto load = [](const ModelFile& file, Model& into) {
    return file.load_training(*into.backend, into.parameters, *into.optimizer);
  };
  const auto numbers = [](const engine::View& flat, const engine::Parameters::Named& named) {
    return tests::read(engine::Tensor::borrow(part_of(flat, named)));
  };

  Model frozen(3, averaged, {"backbone"}), thawed(3, averaged, {}, 0);
  std::fill_n(frozen.optimizer->average().as<float>(), 24, 7.0f);
  CHECK_THAT(load(saved({"backbone"}, 0.5, frozen), thawed),
             Catch::Equals(std::vector<std::string>{
                 "train.freeze: the optimiser's state begins at zero for 1 tensor frozen until "
                 "now"}));
  for (const auto& named : thawed.parameters.named()) {
    if (!named.trained()) continue;
    const bool fresh = named.name.starts_with("backbone");
    const auto momentum = numbers(thawed.optimizer->rule_buffers()[0].values, named);
    CHECK(momentum[1] == (fresh ? 0.0 : 2.0));
    CHECK(numbers(thawed.optimizer->average(), named)[1] ==
          (fresh ? numbers(thawed.parameters.master(), named)[1] : 7.0));
  }

  Model plain(3), begun(3, averaged);
  plain.parameters.master().as<float>()[0] = 3;
  CHECK_THAT(load(saved({}, 0, plain), begun).at(0), Catch::Contains("they begin at its weights"));
  CHECK(begun.optimizer->average().as<float>()[0] == 3);
  CHECK(load(saved({}, 0.5, begun), plain).at(0).find("averages are dropped") != std::string::npos);
  CHECK(load(saved({}, 0.5, begun), begun).empty());
}

TEST_CASE("checkpoint: files of other programs and formats are refused") {
  Run r;
  r.save(1);
  auto refused = [&](const std::string& key, const std::string& value) {
    const std::string path = r.folder.file("other.safetensors");
    fs::copy_file(r.last(), path, fs::copy_options::overwrite_existing);
    rewrite(path, {.metadata = [&](auto& m) {
              m[key] = value;
              if (value.empty()) m.erase(key);
            }});
    return error_of(ExitCode::checkpoint, [&] { ModelFile(path).state(); });
  };
  CHECK_THAT(refused("format", "2"), Catch::Contains("format 2 is newer"));
  CHECK_THAT(refused("format", ""), Catch::Contains("'format'"));
  CHECK_THAT(refused("state", ""), Catch::Contains("not a checkpoint"));
  CHECK_THAT(refused("state", "{"), Catch::Contains("training state"));
  CHECK_THAT(refused("state", "{\"step\":\"x\"}"), Catch::Contains("training state"));
  CHECK_THAT(refused("classes", "{"), Catch::Contains("other.safetensors"));
  CHECK_THAT(refused("classes", "7"), Catch::Contains("other.safetensors"));
  CHECK_THAT(refused("config", "{\"train\":{\"no_such_key\":1}}"), Catch::Contains("no_such_key"));
  CHECK_THAT(refused("config", ""), Catch::Contains("'config'"));
}

TEST_CASE("checkpoint: the count of overflows is kept, and is 0 in files that have none") {
  Run r;
  run::CheckpointFiles(r.folder, 1)
      .save(*r.model.backend, {r.config,
                               r.classes,
                               r.model.parameters,
                               r.model.optimizer.get(),
                               {.step = 9, .optimizer = {.skipped = 9, .overflows = 7}}});
  CHECK(ModelFile(r.last()).state().optimizer.overflows == 7);
  rewrite(r.last(), {.metadata = [](auto& m) {
            auto state = nlohmann::json::parse(m["state"]);
            state.erase("overflows");
            m["state"] = state.dump();
          }});
  CHECK(ModelFile(r.last()).state().optimizer.overflows == 0);
}
