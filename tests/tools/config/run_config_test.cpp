// The configuration keys of the programs: every key refuses what it must, every recipe of the
// project is valid.
#include "tools/config/run_config.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "tests/support/paths.h"

using config::ConfigUse, config::RunConfig;
using nlohmann::json;

namespace {

// The one-line message of a refused configuration; empty when it is accepted.
std::string complaint(const std::string& text, const std::vector<std::string>& overrides = {},
                      ConfigUse use = ConfigUse::any) {
  try {
    config::parse_run_config(text, "c.json", overrides, use);
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::usage);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return error.what();
  }
  return "";
}

// {"a": {"b": value}} with the key in line 3.
std::string nested(const std::string& path, const std::string& value) {
  std::string text = "\n\n", closing;
  size_t start = 0;
  for (size_t dot; (dot = path.find('.', start)) != std::string::npos; start = dot + 1) {
    text += "{\"" + path.substr(start, dot - start) + "\":";
    closing += "}";
  }
  return text + "{\"" + path.substr(start) + "\": " + value + "}" + closing;
}

std::vector<config::ConfigKey> all_keys() {
  static RunConfig config;
  return config::run_config_table(config).keys();
}

}  // namespace

TEST_CASE("every key: its default, a wrong type, a misspelling, a duplicate") {
  CHECK(all_keys().size() > 90);
  for (const config::ConfigKey& key : all_keys()) {
    INFO(key.path);
    CHECK_THAT(complaint(nested(key.path, key.default_json)), Catch::Equals(""));
    CHECK(key.description.find('\n') == std::string::npos);
    CHECK(key.description.size() > 5);
    for (const char* wrong : {"{}", "[[]]", "{\"x\": 1}"})
      CHECK_THAT(complaint(nested(key.path, wrong)), Catch::Contains("c.json:3: " + key.path));
    std::string scalar = json::parse(key.default_json).is_string() ? "12.5" : "\"zzz\"";
    if (key.expected != "a list of texts")
      CHECK_THAT(complaint(nested(key.path, scalar)),
                 Catch::Contains("c.json:3: " + key.path + ": expected"));

    std::string misspelt = key.path + "x";
    CHECK_THAT(
        complaint(nested(misspelt, "1")),
        Catch::Contains("c.json:3: " + misspelt + ": unknown key, did you mean " + key.path + "?"));
    CHECK_THAT(complaint("{}", {misspelt + "=1"}), Catch::Contains("command line: " + misspelt));

    std::string name = key.path.substr(key.path.rfind('.') + 1);
    std::string twice =
        nested(key.path, key.default_json + ",\n\"" + name + "\": " + key.default_json);
    CHECK_THAT(complaint(twice),
               Catch::Contains("c.json:4: key " + key.path + " is written twice"));
  }
}

TEST_CASE("values out of range") {
  const std::pair<const char*, const char*> rows[] = {
      {"model.input_height", "16"},
      {"model.input_height", "330"},
      {"model.input_width", "8192"},
      {"model.input_width", "-32"},
      {"model.num_classes", "-1"},
      {"model.num_classes", "10001"},
      {"model.class_columns", "\"by_name\""},
      {"model.backbone_width", "0"},
      {"model.units", "[3,4,6]"},
      {"model.units", "[3,4,6,0]"},
      {"model.units", "[3,4,6,3,3]"},
      {"model.stride_placement", "\"v2\""},
      {"model.backbone_activation", "\"gelu\""},
      {"model.pool_padding", "true"},
      {"model.fpn_channels", "0"},
      {"model.head_channels", "1e9"},
      {"model.head_depth", "17"},
      {"model.anchors.max_level", "8"},
      {"model.anchors.scale", "0"},
      {"model.anchors.aspect_ratios", "[]"},
      {"model.anchors.aspect_ratios", "[1, 0]"},
      {"model.anchors.aspect_ratios", "[1, -2]"},
      {"model.anchors.scales_per_octave", "9"},
      {"model.batch_norm.mode", "\"off\""},
      {"model.batch_norm.decay", "1.5"},
      {"model.batch_norm.epsilon", "0"},
      {"data.mean", "[1, 2]"},
      {"data.std", "[1, 1, 0]"},
      {"data.std", "[1, 1, -1]"},
      {"data.crowd", "\"maybe\""},
      {"data.overshoot", "\"keep\""},
      {"data.on_bad_image", "\"ignore\""},
      {"data.max_boxes", "0"},
      {"data.threads", "-1"},
      {"data.queue", "0"},
      {"data.cache_mib", "-5"},
      {"data.device_cache_mib", "-1"},
      {"data.device_cache_mib", "16777217"},
      {"data.augment.flip_probability", "1.01"},
      {"data.augment.crop.kind", "\"centre\""},
      {"data.augment.crop.min_area", "0"},
      {"data.augment.crop.max_area", "1.5"},
      {"data.augment.crop.min_aspect", "0"},
      {"data.augment.crop.overlap_threshold", "2"},
      {"data.augment.colour.hue", "0.6"},
      {"data.augment.colour.probability", "-0.1"},
      {"train.batch_size", "0"},
      {"train.batch_size", "1.5"},
      {"train.steps", "-1"},
      {"train.epochs", "-0.5"},
      {"train.seed", "-1"},
      {"train.precision", "\"int8\""},
      {"train.device", "\"gpu\""},
      {"train.device", "\"cuda:\""},
      {"train.device", "\"cuda:x\""},
      {"train.threads", "100000"},
      {"train.momentum", "1"},
      {"train.momentum", "-0.1"},
      {"train.weight_decay", "-1"},
      {"train.optimizer.kind", "\"adam\""},
      {"train.optimizer.beta1", "1"},
      {"train.optimizer.beta2", "-0.1"},
      {"train.optimizer.epsilon", "0"},
      {"train.optimizer.weight_decay", "-1"},
      {"train.clip_norm", "-1"},
      {"train.accumulate", "0"},
      {"train.ema", "1"},
      {"train.freeze", "[\"\"]"},
      {"train.memory_gib", "-1"},
      {"train.schedule.kind", "\"cosinus\""},
      {"train.schedule.base_rate", "-1"},
      {"train.schedule.warmup_steps", "-1"},
      {"train.schedule.factor", "0"},
      {"train.schedule.boundaries", "[0.5, 0.5]"},
      {"train.schedule.boundaries", "[0.5, 1.5]"},
      {"train.loss.alpha", "1.1"},
      {"train.loss.gamma", "-1"},
      {"train.loss.delta", "0"},
      {"train.loss.normalizer", "\"batch\""},
      {"train.loss_scale.interval", "3e9"},
      {"model.input_height", "32"},
      {"train.schedule.boundaries", "[0]"},
      {"train.loss_scale.growth", "1"},
      {"train.loss_scale.min", "0"},
      {"train.loss_scale.interval", "0"},
      {"train.loss_scale.hysteresis", "0"},
      {"train.loss_scale.max_consecutive_skips", "0"},
      {"train.early_stopping.patience", "-1"},
      {"train.early_stopping.metric", "\"loss\""},
      {"eval.every_steps", "-1"},
      {"eval.score_threshold", "-0.1"},
      {"eval.iou_threshold", "1.1"},
      {"eval.max_per_class", "0"},
      {"eval.max_total", "0"},
      {"eval.batch_size", "-1"},
      {"checkpoint.every_steps", "-1"},
      {"checkpoint.keep", "0"},
      {"log.every_steps", "0"},
      {"time_budget_minutes", "-1"},
      {"name", "\"a/b\""},
      {"name", "\"..\""},
      {"name", "\"a\\nb\""},
  };
  for (auto [path, value] : rows) {
    INFO(path << " = " << value);
    CHECK_THAT(complaint(nested(path, value)),
               Catch::StartsWith("c.json:3: " + std::string(path) + ": "));
    CHECK_THAT(complaint("{}", {std::string(path) + "=" + value}),
               Catch::StartsWith("command line: " + std::string(path) + ": "));
  }
}

TEST_CASE("values that contradict each other") {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"train.steps=5", "train.epochs=2"},
       "train.epochs: train.steps and train.epochs are both given: keep one; train.steps=0 or "
       "train.epochs=0 on the command line"},
      {{"eval.every_steps=5", "eval.every_epochs=2"}, "eval.every_epochs: "},
      {{"eval.every_steps=5"}, "eval.every_steps: nothing to evaluate on"},
      {{"train.early_stopping.patience=3"}, "train.early_stopping.patience: needs evaluations"},
      {{"data.train.annotations=a", "data.train.images=b", "data.train.tfrecords=c",
        "data.label_map=d"},
       "data.train.tfrecords: data.train.annotations is given, too"},
      {{"data.train.annotations=a"}, "data.train.annotations: data.train.images is missing"},
      {{"data.val.images=a"}, "data.val.images: data.val.annotations is missing"},
      {{"data.label_map=a"}, "data.label_map: serves only TFRecord"},
      {{"data.augment.crop.min_aspect=4"}, "data.augment.crop.min_aspect: "},
      {{"data.augment.crop.max_area=0.5"},
       "data.augment.crop.max_area: data.augment.crop.min_area is 0.75"},
      {{"data.augment.colour.min_contrast=2"}, "data.augment.colour.min_contrast: "},
      {{"data.augment.colour.max_saturation=0.1"}, "data.augment.colour.max_saturation: "},
      {{"train.schedule.warmup_rate=0.2"}, "train.schedule.warmup_rate: the warm-up starts at 0.2"},
      {{"train.loss_scale.min=65536"}, "train.loss_scale.min: the scale starts at 32768"},
      {{"model.anchors.scales_per_octave=8", "model.anchors.aspect_ratios=[1,2,3,4,5,6,7,8,9]"},
       "model.anchors.aspect_ratios: expected at most 64 anchors per cell, found 72: 8 scales"},
      {{"ranks.sum_precision=fp16"}, "ranks.sum_precision: fp16 needs the loss scale of "},
      {{"ranks.sum_precision=fp16", "train.precision=bf16"}, "ranks.sum_precision: fp16 needs "},
  };
  for (const auto& [overrides, expected] : rows) {
    INFO(expected);
    CHECK_THAT(complaint("{}", overrides),
               Catch::StartsWith(std::string("command line: ") + expected));
  }
}

TEST_CASE("keys that a program cannot do without") {
  CHECK_THAT(complaint("{}", {}, ConfigUse::training),
             Catch::StartsWith("c.json:1: data.train.annotations: missing"));
  CHECK_THAT(complaint("{\n\"data\": {\"train\": {}}}", {}, ConfigUse::training),
             Catch::StartsWith("c.json:2: data.train.annotations: missing"));
  CHECK_THAT(
      complaint("{}", {"data.train.annotations=a", "data.train.images=b"}, ConfigUse::training),
      Catch::StartsWith("c.json:1: train.steps: missing"));
  CHECK_THAT(complaint("{}", {}, ConfigUse::resuming),
             Catch::StartsWith("c.json:1: data.train.annotations: missing"));
  const std::vector<std::string> frozen{"model.batch_norm.mode=frozen", "data.train.voc=a",
                                        "train.steps=1"};
  CHECK_THAT(complaint("{}", frozen, ConfigUse::training),
             Catch::StartsWith("command line: model.batch_norm.mode: frozen needs stored stat"));
  for (const ConfigUse use : {ConfigUse::any, ConfigUse::resuming})  // those of the checkpoint
    CHECK(complaint("{}", frozen, use).empty());
  CHECK_THAT(complaint("{}", {}, ConfigUse::evaluation),
             Catch::StartsWith("c.json:1: data.val.annotations: missing"));
}

TEST_CASE("every recipe of the project is valid, and stays itself through its JSON") {
  size_t recipes = 0;
  for (const auto& file : std::filesystem::directory_iterator(tests::source_dir() / "configs")) {
    if (file.path().extension() != ".json") continue;
    INFO(file.path());
    ++recipes;
    bool base = file.path().stem().string().ends_with("_base");
    RunConfig config =
        config::load_run_config(file.path(), {}, base ? ConfigUse::any : ConfigUse::training);
    CHECK(config.name == file.path().stem());
    std::string text = config::run_config_json(config);
    CHECK(config::run_config_json(config::parse_run_config(text, "again")) == text);
  }
  CHECK(recipes >= 9);
}

TEST_CASE("the recipes for 1, 4 and 8 ranks: published rates and lengths") {
  struct Row {
    const char* name;
    int ranks;
    double base, warmup;
    int64_t warmup_steps, steps;
    const char* words;
  };
  const Row rows[] = {
      {"ssd320_coco_1gpu", 1, 0.02, 0.0086664, 8000, 100000, "lr 0.02 = 0.16 x 32/256"},
      {"ssd320_coco_4gpu", 4, 0.08, 0.0346656, 2000, 25000, "lr 0.08 = 0.16 x 128/256"},
      {"ssd320_coco_8gpu", 8, 0.16, 0.0693312, 1000, 12500, "lr 0.16 = 0.16 x 256/256"},
      {"ssd320_bench", 8, 0.02, 0.0086664, 400, 1250, "lr 0.02"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    RunConfig c = config::load_run_config(
        tests::source_dir() / "configs" / (std::string(row.name) + ".json"), {});
    int64_t batch = int64_t(c.train.batch_size) * row.ranks;
    double scale = c.rate_scale(batch);
    CHECK(c.train.schedule.base_rate * scale == Approx(row.base).epsilon(1e-12));
    CHECK(c.train.schedule.warmup_rate * scale == Approx(row.warmup).epsilon(1e-12));
    CHECK(c.train.schedule.warmup_steps == row.warmup_steps);
    CHECK(c.train.schedule.total == row.steps);
    CHECK(c.train.steps == row.steps);
    CHECK(c.rate_in_words(batch) == row.words);
  }
}

TEST_CASE("the base recipe repeats the program's defaults") {
  RunConfig base = config::load_run_config(tests::source_dir() / "configs/ssd320_base.json", {});
  json written = json::parse(config::run_config_json(base)),
       defaults = json::parse(config::run_config_json({}));
  for (json* side : {&written, &defaults}) {
    (*side)["name"] = "";
    (*side)["model"]["num_classes"] = 0;
    (*side)["data"].erase("train");
    (*side)["data"].erase("val");
  }
  CHECK(json::diff(defaults, written) == json::array());
}

TEST_CASE("docs/config_keys.md is the table") {
  RunConfig config;
  std::string page = tests::text_of(tests::source_dir() / "docs/config_keys.md");
  bool same = page == config::config_markdown(config::run_config_table(config));
  INFO("write it anew: ssdtrain --help-config --markdown > docs/config_keys.md");
  CHECK(same);
}
