#include "tools/config/pipeline_keys.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>

#include "data/formats/text_tokens.h"
#include "engine/base/error.h"
#include "engine/base/nearest_name.h"

namespace config {
namespace {

using nlohmann::json;

const std::string kAugmentation = "train_config.data_augmentation_options";
const std::string kOptimizer = "train_config.optimizer";
const std::string kRate = kOptimizer + ".momentum_optimizer.learning_rate";
const std::string kStepsInstead =
    "; for a rate that drops in steps, write constant_learning_rate here, and give "
    "train.schedule.kind=step, train.schedule.boundaries and train.schedule.factor on the command "
    "line";

std::optional<double> number_of(std::string text) {
  if (const auto whole = data::whole_number(text)) return double(*whole);
  const bool octal =
      text.size() > 1 && text[0] == '0' && text.find_first_not_of("0123456789") == text.npos;
  if (octal) return std::nullopt;  // with a digit of 8 or 9
  if (text.size() > 1 && (text.ends_with('f') || text.ends_with('F')) &&
      text.find_first_of("iI") == text.npos)
    text.pop_back();  // as in 0.5f
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

// A flag in any of the spellings that protobuf reads, as true or false; other texts as they are.
std::string plain_flag(const std::string& text) {
  if (text == "True" || text == "t") return "true";
  return text == "False" || text == "f" ? "false" : text;
}

json json_of(const std::string& text, bool quoted) {
  if (quoted) return text;
  if (plain_flag(text) == "true" || plain_flag(text) == "false") return plain_flag(text) == "true";
  const std::optional<double> number = number_of(text);
  if (!number) return text;
  if (const auto whole = data::whole_number(text)) return *whole;
  return *number;
}

json::json_pointer pointer_to(std::string key) {
  std::replace(key.begin(), key.end(), '.', '/');
  return json::json_pointer("/" + key);
}

}  // namespace

PipelineKeys::PipelineKeys(const std::vector<TextField>& fields, std::string name)
    : name_(std::move(name)), places_{{"", name_}} {
  for (const PipelineMessage& message : pipeline_messages()) {
    for (const PipelineField& field : message.fields)
      known_.emplace(message.path + "." + field.name, field);
    for (size_t end = 0; end != std::string::npos;)
      end = message.path.find('.', end + 1), messages_.insert(message.path.substr(0, end));
  }
  look_at(fields);
  for (const PipelineMessage& message : pipeline_messages()) take_given(message);
  for (const PipelineMessage& message : pipeline_messages())
    if (message.needed && !find(message.path))
      base::fail(base::ExitCode::usage, name_, ": ", message.path,
                 ": is missing: SSD320's configuration has it");
  for (const PipelineMessage& message : pipeline_messages()) take_absent(message);
  take_checkpoint();
  take_averages();
  take_label_map();
  take_schedule();
  take_crop();
  take_colours();
}

void PipelineKeys::look_at(const std::vector<TextField>& fields) {
  for (const TextField& field : fields) look_at(field);
}

void PipelineKeys::look_at(const TextField& field) {
  const bool message = field.kind == TextField::message;
  const auto known = known_.find(field.path);
  if (message ? !messages_.contains(field.path) : known == known_.end()) refuse_unknown(field);
  std::vector<const TextField*>& all = given_[field.path];
  const bool list =
      message ? field.path == kAugmentation : known->second.use == PipelineField::repeated;
  if (!all.empty() && !list)
    refuse(field.line, field.path, "is given twice, first in line " + std::to_string(all[0]->line));
  all.push_back(&field);
  look_at(field.fields);
}

void PipelineKeys::refuse_unknown(const TextField& field) const {
  const size_t dot = field.path.rfind('.');
  const std::string parent = dot == std::string::npos ? "" : field.path.substr(0, dot + 1);
  std::string expected;
  for (const std::string& path : messages_)
    if (path.starts_with(parent) && path.find('.', parent.size()) == std::string::npos)
      expected += (expected.empty() ? "; expected " : ", ") + path.substr(parent.size());
  std::vector<std::string> siblings;
  for (const auto& [path, known] : known_)
    if (path.starts_with(parent) && path.find('.', parent.size()) == std::string::npos)
      siblings.push_back(path.substr(parent.size()));
  const std::string meant = base::nearest_name(field.path.substr(parent.size()), siblings);
  refuse(field.line, field.path,
         "this program cannot honour it" +
             (field.kind == TextField::message ? expected
              : meant.empty()                  ? ""
                                               : "; did you mean " + meant + "?") +
             (field.path == kRate + ".manual_step_learning_rate" ? kStepsInstead : ""));
}

void PipelineKeys::refuse(int line, const std::string& path, const std::string& why) const {
  base::fail(base::ExitCode::usage, name_, ":", line, ": ", path, ": ", why);
}

const TextField* PipelineKeys::find(const std::string& path) const {
  const auto found = given_.find(path);
  return found == given_.end() ? nullptr : found->second.front();
}

std::string PipelineKeys::value_of(const std::string& path, const std::string& absent) const {
  const TextField* field = find(path);
  return field ? plain_flag(field->value) : absent;
}

void PipelineKeys::take_given(const PipelineMessage& message) {
  if (!find(message.path)) return;
  for (const PipelineField& field : message.fields) {
    const std::string path = message.path + "." + field.name;
    if (field.use == PipelineField::repeated)
      take_list(path, field.detail);
    else if (const TextField* own = find(path))
      take(field, {path, own->value, own->line, own->kind == TextField::quoted});
  }
}

void PipelineKeys::take_absent(const PipelineMessage& message) {
  const TextField* given = find(message.path);
  if (!given) return;
  for (const PipelineField& field : message.fields) {
    const std::string path = message.path + "." + field.name;
    if (field.use == PipelineField::repeated || !field.absent || find(path)) continue;
    if (!*field.absent) refuse(given->line, path, "is missing");
    take(field, {path, field.absent, given->line, false, true});
  }
}

void PipelineKeys::take(const PipelineField& field, const Value& value) {
  switch (field.use) {
    case PipelineField::sets:
      return set(field.detail, value);
    case PipelineField::is:
      return expect(value, field.detail);
    case PipelineField::ignored:
      return ignore(value, field.detail);
    case PipelineField::repeated:
    case PipelineField::special:
      return;
  }
}

void PipelineKeys::take_list(const std::string& path, const std::string& key) {
  const auto found = given_.find(path);
  if (found == given_.end()) return;
  json list = json::array();
  for (const TextField* field : found->second) {
    check_finite({path, field->value, field->line, field->kind == TextField::quoted});
    list.push_back(json_of(field->value, field->kind == TextField::quoted));
  }
  set(key, list);
  places_[key] = base::concatenate(name_, ":", found->second.front()->line, ": ", path);
}

void PipelineKeys::expect(const Value& value, const std::string& expected) const {
  const std::optional<double> number = number_of(value.text), other = number_of(expected);
  if (number && other ? *number == *other : plain_flag(value.text) == expected) return;
  refuse(value.line, value.path, value.in_words() + ", but this program has only " + expected);
}

void PipelineKeys::check_finite(const Value& value) const {
  const std::optional<double> number = value.quoted ? std::nullopt : number_of(value.text);
  if (number && !std::isfinite(*number))
    refuse(value.line, value.path, value.in_words() + ", expected a finite number");
}

void PipelineKeys::set(const std::string& key, const Value& value) {
  check_finite(value);
  const auto [first, fresh] = setters_.emplace(key, value);
  if (!fresh && json_of(first->second.text, false) != json_of(value.text, false))
    refuse(value.line, value.path,
           value.in_words() + ", but " + first->second.path + " in line " +
               std::to_string(first->second.line) + " is " + first->second.text +
               ", and this program has one value for both, " + key);
  values_[pointer_to(key)] = json_of(value.text, value.quoted);
  places_[key] = base::concatenate(name_, ":", value.line, ": ", value.path);
}

void PipelineKeys::set(const std::string& key, const json& value) {
  values_[pointer_to(key)] = value;
}

void PipelineKeys::ignore(const Value& value, const std::string& why) {
  ignored_.push_back(name_ + ":" + std::to_string(value.line) + ": " + value.path +
                     " is ignored: " + why);
}

// A classifier gives only what a detector shares with it. A whole detector gives everything that
// fits, which the original does only if it is asked for.
void PipelineKeys::take_checkpoint() {
  const TextField* type = find("train_config.fine_tune_checkpoint_type");
  if (!find("train_config.fine_tune_checkpoint") || !type || type->value == "classification")
    return;
  if (type->value != "detection")
    refuse(type->line, type->path, "is " + type->value + ", expected classification or detection");
  if (value_of("train_config.load_all_detection_checkpoint_vars", "false") != "true")
    refuse(type->line, type->path,
           "is detection without load_all_detection_checkpoint_vars: true, so the original would "
           "leave the heads out; this program loads everything that fits");
}

void PipelineKeys::take_averages() {
  const bool kept = value_of(kOptimizer + ".use_moving_average", "true") == "true";
  const TextField* evaluated = find("eval_config.use_moving_averages");
  const bool used = evaluated && plain_flag(evaluated->value) == "true";
  if (used && !kept)
    refuse(evaluated->line, evaluated->path, "is true, but training keeps no averages");
  if (kept && used)
    set("train.ema", json_of(value_of(kOptimizer + ".moving_average_decay", "0.9999"), false));
  else if (kept)
    ignored_.push_back(name_ + ": " + kOptimizer +
                       ".use_moving_average is ignored: eval_config does not use the averages");
}

// The map of COCO is built in. The original gives its path inside its own repository.
void PipelineKeys::take_label_map() {
  for (const char* reader : {"train_input_reader", "eval_input_reader"})
    if (const TextField* map = find(std::string(reader) + ".label_map_path")) {
      const bool coco = std::filesystem::path(map->value).filename() == "mscoco_label_map.pbtxt";
      set("data.label_map", Value{map->path, coco ? "coco" : map->value, map->line, true});
    }
}

// The rates are those of the run's own batch, however many ranks it has.
void PipelineKeys::take_schedule() {
  const TextField* cosine = find(kRate + ".cosine_decay_learning_rate");
  const TextField* constant = find(kRate + ".constant_learning_rate");
  if (!cosine && !constant)
    base::fail(base::ExitCode::usage, name_, ": ", kRate,
               ": expected cosine_decay_learning_rate or constant_learning_rate");
  if (cosine && constant)
    refuse(constant->line, constant->path, "is given beside cosine_decay_learning_rate");
  set("train.schedule.kind", json(cosine ? "cosine" : "constant"));
  set("train.schedule.reference_batch", json(0));
  if (constant) set("train.schedule.warmup_steps", json(0));
}

void PipelineKeys::take_crop() {
  if (!find(kAugmentation + ".random_horizontal_flip"))
    set("data.augment.flip_probability", json(0));
  const TextField* crop = nullptr;
  set("data.augment.crop.kind", json("none"));
  for (const auto& [field, kind] :
       {std::pair("random_crop_image", "random"),
        {"ssd_random_crop", "ssd"},
        {"ssd_random_crop_pad", "ssd_pad"},
        {"ssd_random_crop_fixed_aspect_ratio", "ssd_fixed_aspect"},
        {"ssd_random_crop_pad_fixed_aspect_ratio", "ssd_pad_fixed_aspect"}})
    if (const TextField* given = find(kAugmentation + "." + field)) {
      if (crop) refuse(given->line, given->path, "is a second crop, beside " + crop->path);
      crop = given;
      set("data.augment.crop.kind", json(kind));
    }
}

void PipelineKeys::take_colours() {
  const TextField* distort = find(kAugmentation + ".random_distort_color");
  if (!distort) return;
  const std::string order = value_of(distort->path + ".color_ordering", "0");
  if (order != "0" && order != "1")
    refuse(distort->line, distort->path + ".color_ordering", "is " + order + ", expected 0 or 1");
  set("data.augment.colour.probability", json(1));
  set("data.augment.colour.order", json(order == "0" ? "brightness_saturation_hue_contrast"
                                                     : "brightness_contrast_saturation_hue"));
}

}  // namespace config
