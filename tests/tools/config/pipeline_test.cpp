// Configurations of the original, as ours.
#include "tools/config/pipeline.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/pipeline_text.h"
#include "tools/config/pipeline_fields.h"
#include "tools/config/pipeline_page.h"
#include "tools/config/table.h"

using Catch::Contains;
using nlohmann::json;

namespace {

config::PipelineConfig read(const std::string& text,
                            const std::vector<std::string>& overrides = {}) {
  return config::parse_pipeline_config(text, "p.config", overrides);
}

json values_of(const std::string& text) { return json::parse(run_config_json(read(text).config)); }

// The text with the first `from` replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string text = tests::kPipeline;
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string error_of(const std::string& text) {
  try {
    read(text);
  } catch (const base::Error& e) {
    CHECK(e.code() == base::ExitCode::usage);
    CHECK_THAT(e.what(), !Contains("\n"));
    return e.what();
  }
  return "no error";
}

// The line of a character of the whole configuration.
std::string line_of(size_t at) {
  return std::to_string(1 + std::count(tests::kPipeline, tests::kPipeline + at, '\n'));
}

// How messages about the first `part` of the whole configuration begin.
std::string place(const std::string& part) {
  return "p.config:" + line_of(std::string(tests::kPipeline).find(part)) + ": ";
}

}  // namespace

TEST_CASE("pipeline: the original's configuration is our recipe for eight GPUs") {
  const config::PipelineConfig pipeline = read(tests::kPipeline);
  config::RunConfig recipe = config::load_run_config("configs/ssd320_coco_8gpu.json", {});
  std::map<std::string, std::string> changed;
  for (const config::ChangedKey& key : config::changed_keys(recipe, pipeline.config))
    changed[key.path] = key.now;
  // The learning rates are the same; there they are scaled by 256/256.
  CHECK(changed == std::map<std::string, std::string>{
                       {"name", "\"p\""},
                       {"data.train.annotations", "\"\""},
                       {"data.train.images", "\"\""},
                       {"data.train.tfrecords", R"(["/data/coco2017_tfrecords/*train*"])"},
                       {"data.val.annotations", "\"\""},
                       {"data.val.images", "\"\""},
                       {"data.val.tfrecords", R"(["/data/coco2017_tfrecords/*val*"])"},
                       {"data.label_map", "\"coco\""},
                       {"train.schedule.reference_batch", "0"},
                       {"checkpoint.init_from", "\"/checkpoints/resnet_v1_50/model.ckpt\""}});
  CHECK(pipeline.config.train.schedule.base_rate == 0.16);
  CHECK(pipeline.config.train.schedule.warmup_rate == 0.0693312);
  std::string ignored;
  for (const std::string& line : pipeline.ignored) ignored += line + "\n";
  for (const char* field : {"model.ssd.inplace_batchnorm_update", "model.ssd.freeze_batchnorm",
                            "train_config.sync_replicas", "train_config.max_number_of_boxes",
                            "eval_config.num_examples", "eval_input_reader.num_readers"})
    CHECK_THAT(ignored, Contains(std::string(field) + " is ignored: "));
  CHECK_THAT(ignored, Contains(place("freeze_batchnorm") + "model.ssd.freeze_batchnorm"));
}

TEST_CASE("pipeline: every field of the original is set, checked or named as ignored") {
  const config::PipelineConfig whole = read(tests::kPipeline);
  const json before = json::parse(run_config_json(whole.config));
  std::string text = tests::kPipeline;
  // Each number, flag and word becomes another: nothing of that may pass unnoticed.
  const std::regex field(R"((\w+): *([-.\w]+|'[^']*'|"[^"]*"))");
  size_t fields = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), field), end; at != end; ++at, ++fields) {
    const std::string old = (*at)[2];
    std::string other = old == "true" ? "false" : old == "false" ? "true" : old + "1";
    if (old[0] == '.') other = old.substr(0, 3) + "5";
    if (old.back() == '"' || old.back() == '\'') other = "\"other\"";
    if (old == "320") other = "640";
    if (old == "7") other = "6";
    INFO((*at)[0] << " becomes " << other);
    std::string changed = text;
    changed.replace(size_t(at->position(2)), old.size(), other);
    bool noticed = false;
    try {
      const config::PipelineConfig now = read(changed);
      noticed = json::parse(run_config_json(now.config)) != before;
      for (const std::string& line : now.ignored)
        noticed |= line.find("." + (*at)[1].str() + " is ignored") != std::string::npos;
    } catch (const base::Error& e) {
      const std::string line = line_of(size_t(at->position(0)));
      const std::string what = e.what();
      noticed = what.starts_with("p.config:" + line + ": ") ||
                what.find(" in line " + line + " is ") != std::string::npos;
    }
    CHECK(noticed);
  }
  CHECK(fields > 80);
}

TEST_CASE("pipeline: what does not exist here is refused by its whole name and its line") {
  struct Case {
    const char *from, *to, *message;
  };
  for (const Case& c :
       {Case{"freeze_batchnorm: true", "freeze_batchnorms: true",
             "model.ssd.freeze_batchnorms: this program cannot honour it; did you mean "
             "freeze_batchnorm?"},
        {"matched_threshold: 0.5", "matched_threshold: 0.6",
         "matcher.argmax_matcher.matched_threshold: is 0.6, but this program has only 0.5"},
        {"type: 'ssd_resnet50_v1_fpn'", "type: 'ssd_mobilenet_v2'",
         "model.ssd.feature_extractor.type: is ssd_mobilenet_v2"},
        {"fixed_shape_resizer {", "keep_aspect_ratio_resizer {",
         "keep_aspect_ratio_resizer: this program cannot honour it; expected fixed_shape_resizer"},
        {"weighted_sigmoid_focal {", "weighted_sigmoid {", "expected weighted_sigmoid_focal"},
        {"momentum_optimizer: {", "adam_optimizer: {", "expected momentum_optimizer"},
        {"cosine_decay_learning_rate {", "manual_step_learning_rate {",
         "write constant_learning_rate here, and give train.schedule.kind=step"},
        {"random_crop_image {", "random_rotation90 {", "random_rotation90: this program"},
        {"num_classes: 90", "num_classes: 90 num_classes: 91", "num_classes: is given twice"},
        {"score_converter: SIGMOID", "score_converter: SOFTMAX", "is SOFTMAX, but this program"},
        {"use_moving_averages: false", "use_moving_averages: true", "training keeps no averages"},
        {"\"classification\"", "\"detection\"", "without load_all_detection_checkpoint_vars"},
        {"activation: RELU_6,", "activation: RELU,", "conv_hyperparams.activation: is RELU"}}) {
    INFO(c.to);
    CHECK_THAT(error_of(with(c.from, c.to)), Contains(place(c.from)) && Contains(c.message));
  }
  CHECK_THAT(error_of(with("decay: 0.997", "decay: 0.9")),
             Contains("and this program has one value for both, model.batch_norm.decay"));
  CHECK_THAT(
      error_of(with("height: 320", "height: 321")),
      Contains(place("height: 320") +
               "model.ssd.image_resizer.fixed_shape_resizer.height: "
               "model.input_height: expected a multiple of 32, such as 320 or 352, found 321"));
  CHECK_THAT(error_of("model { ssd { num_classes: 3 } }"), Contains("is missing"));
  CHECK_THAT(error_of("# nothing"), Contains("p.config: model.ssd: is missing"));
  // What another model has comes before what it lacks.
  CHECK_THAT(
      error_of("model { ssd { num_classes: 3 feature_extractor { type: 'ssd_mobilenet' } } }"),
      Contains("feature_extractor.type: is ssd_mobilenet"));
}

TEST_CASE("pipeline: fields that are absent have protobuf's defaults") {
  CHECK_THAT(error_of(with("num_classes: 90", "")), Contains("model.ssd.num_classes: is missing"));
  CHECK_THAT(error_of(with("force_match_for_each_row: true", "")),
             Contains(place("argmax_matcher {")) &&
                 Contains("force_match_for_each_row: is absent and so false, but this program"));
  CHECK_THAT(error_of(with("alpha: 0.25", "")), Contains("weighted_sigmoid_focal.alpha"));
  CHECK(values_of(with("score_threshold: 1e-8", ""))["eval"]["score_threshold"] == 0);
  CHECK(values_of(with("gamma: 2.0", ""))["train"]["loss"]["gamma"] == 2);
  CHECK_THAT(error_of(with("width: 320", "")),
             Contains("model.input_width: expected a multiple of 32, such as 288 or 320, found "
                      "300"));
}

TEST_CASE("pipeline: augmentation, averages and other schedules") {
  CHECK_THAT(error_of(with("random_horizontal_flip { }", "ssd_random_crop_pad { }")),
             Contains("ssd_random_crop_pad: is a second crop"));
  std::string text = with("random_horizontal_flip { }", "ssd_random_crop_pad { }");
  const size_t crop = text.find("random_crop_image {");
  const json ssd = values_of(text.erase(crop, text.find('}', crop) + 1 - crop));
  CHECK(ssd["data"]["augment"]["crop"]["kind"] == "ssd_pad");
  CHECK(ssd["data"]["augment"]["flip_probability"] == 0);
  CHECK(
      values_of(with(
          "random_horizontal_flip { }",
          "random_horizontal_flip { probability: 0.3 }"))["data"]["augment"]["flip_probability"] ==
      0.3);
  const json colour = values_of(with("random_horizontal_flip {",
                                     "random_distort_color { color_ordering: 1 }\n"
                                     "random_horizontal_flip {"))["data"]["augment"]["colour"];
  CHECK(colour["probability"] == 1);
  CHECK(colour["order"] == "brightness_contrast_saturation_hue");
  std::string averaged = with("use_moving_average: false", "moving_average_decay: 0.99");
  averaged.replace(averaged.find("use_moving_averages: false"), 26, "use_moving_averages: true");
  CHECK(values_of(averaged)["train"]["ema"] == 0.99);
  CHECK(values_of(with("use_moving_average: false", ""))["train"]["ema"] == 0);
}

TEST_CASE("pipeline: overrides come last, and the text may be of any style") {
  const config::RunConfig c =
      read(tests::kPipeline, {"train.batch_size=8", "name=x", "checkpoint.init_from=\"\""}).config;
  CHECK(c.train.batch_size == 8);
  CHECK(c.name == "x");
  CHECK(c.checkpoint.init_from.empty());
  const json same = values_of(tests::kPipeline);
  CHECK(values_of(with("aspect_ratios: [1.0, 2.0, 0.5]",
                       "aspect_ratios: 1 aspect_ratios: 2.0f; aspect_ratios: .5")) == same);
  CHECK(values_of(with("num_classes: 90", "# a comment }\n num_classes: 90,")) == same);
  CHECK(values_of(with("similarity_calculator { iou_similarity { } }",
                       "similarity_calculator: < iou_similarity: < > >")) == same);
}

TEST_CASE("pipeline: numbers are those of protobuf's text format") {
  const json same = values_of(tests::kPipeline);
  for (const char* number : {"0x5A", "0X5a", "0132", "90"})
    CHECK(values_of(with("num_classes: 90", std::string("num_classes: ") + number)) == same);
  for (const char* number : {"2.0f", "2F", "2.", "2e0", "0x2"})
    CHECK(values_of(with("gamma: 2.0", std::string("gamma: ") + number)) == same);
  CHECK(values_of(with("class_prediction_bias_init: -4.6",
                       "class_prediction_bias_init: - # a sign may stand apart\n 4.6")) == same);
  CHECK_THAT(error_of(with("num_classes: 90", "num_classes: 089")),
             Contains(place("num_classes: 90")) && Contains("expected an integer"));
  for (const char* number : {"nan", "NaN", "inf", "-inf", "Infinity", "-infinity"}) {
    CAPTURE(number);
    CHECK_THAT(error_of(with("alpha: 0.25", std::string("alpha: ") + number)),
               Contains(place("alpha: 0.25")) && Contains("weighted_sigmoid_focal.alpha: is ") &&
                   Contains("expected a finite number"));
    CHECK_THAT(error_of(with("aspect_ratios: [1.0", std::string("aspect_ratios: [") + number)),
               Contains("aspect_ratios: is ") && Contains("expected a finite number"));
  }
}

TEST_CASE("pipeline: a byte order mark is passed over") {
  CHECK(values_of(std::string("\xef\xbb\xbf") + tests::kPipeline) == values_of(tests::kPipeline));
  CHECK_THAT(error_of("\xff\xfem\0o\0"),
             Contains("p.config:1: the text is UTF-16, expected UTF-8"));
  CHECK_THAT(error_of(std::string("m\0o\0", 4)), Contains("`iconv -f UTF-16LE -t UTF-8"));
}

TEST_CASE("pipeline: a run without an end is told") {
  const auto told = [](const config::PipelineConfig& read) {
    return !read.ignored.empty() && read.ignored.back().starts_with("p.config: train_config.num_");
  };
  std::string text = tests::kPipeline;
  text = std::regex_replace(text, std::regex("num_steps: *[0-9]+"), "");
  CHECK(told(read(text)));
  CHECK(told(read(std::regex_replace(std::string(tests::kPipeline),
                                     std::regex("num_steps: *[0-9]+"), "num_steps: 0"))));
  CHECK_FALSE(told(read(text, {"train.epochs=2"})));
  CHECK_FALSE(told(read(tests::kPipeline)));
}

TEST_CASE("pipeline: texts that are no configuration") {
  for (const auto& [text, message] :
       {std::pair("", "p.config: the file is empty (0 bytes), expected a pipeline.config"),
        {" \n", "p.config: the file holds only blanks"},
        {"model {", "p.config:1: the text ends, and model { of line 1 is not closed"},
        {"model { ssd }", "expected : or { after model.ssd"},
        {"model: }", "expected the value of model"},
        {"a: [1, 2", "expected , or ] in the list a"},
        {"\n{\"train\": 1}", "p.config:2: expected the name of a field"},
        {"}", "p.config:1: a } that closes nothing; remove it"},
        {"model { ssd < num_classes: 1 } }", "expected > at the end of model.ssd"},
        {"model { ssd { num_classes: 1 > }", "expected } at the end of model.ssd"},
        {"model { a: - }", "expected a number after the - of model.a"},
        {"\n\x01model { }", "p.config:2: the byte \\x01, which no text has"},
        {"model { ssd { type: 'x } }", "a string that is not closed"}})
    CHECK_THAT(error_of(text), Contains(message));
  CHECK_THAT(error_of(std::string("model {\n\0}", 10)), Contains("p.config:2: the byte \\x00"));
  CHECK_THAT(error_of("model { ssd { type: '\xad' } }"), Contains("p.config:1: not UTF-8"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "a{";
  CHECK_THAT(error_of(deep), Contains("nested deeper than 16 levels"));
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += "a:1 ";
  CHECK_THAT(error_of(many), Contains("more than 10000 fields"));
  CHECK_THAT(error_of(std::string((1 << 20) + 1, '#')), Contains("larger than 1 MiB"));
}

TEST_CASE("docs/pipeline_fields.md is the table") {
  const std::string page = tests::text_of(tests::source_dir() / "docs/pipeline_fields.md");
  INFO("write it anew: ssdtrain --help-pipeline > docs/pipeline_fields.md");
  const bool same = page == config::pipeline_markdown();
  CHECK(same);
}

TEST_CASE("pipeline: each key in the table of fields is a key") {
  config::RunConfig config;
  const config::ConfigTable table = config::run_config_table(config);
  std::set<std::string> known;
  for (const config::ConfigKey& key : table.keys()) known.insert(key.path);
  for (const config::PipelineMessage& message : config::pipeline_messages())
    for (const config::PipelineField& field : message.fields) {
      CAPTURE(message.path, field.name);
      CHECK(
          (field.use == config::PipelineField::sets || field.use == config::PipelineField::repeated
               ? known.contains(field.detail)
               : *field.detail != 0));
    }
}
