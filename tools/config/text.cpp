#include "tools/config/text.h"

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/config/parser.h"
#include "tools/config/reader.h"

namespace config {
using nlohmann::json;

namespace {

constexpr char kCommandLine[] = "command line";

}  // namespace

ConfigText ConfigText::from_file(const std::string& path) { return ConfigReader().read(path, ""); }

ConfigText ConfigText::from_string(const std::string& text, const std::string& name) {
  return ConfigReader().merge(text, name);
}

ConfigText ConfigText::from_values(json values, std::map<std::string, std::string> places) {
  ConfigText result;
  result.values_ = std::move(values);
  result.places_ = std::move(places);
  return result;
}

namespace {

// Parses JSON or a bare word. A text that starts like a list, an object or a quoted text has to be
// JSON.
json value_of(const std::string& typed, const std::string& place) {
  char first = typed.empty() ? ' ' : typed[0];
  if (first == '{' || first == '[' || first == '"') return parse_config_value(typed, place);
  json value = json::parse(typed, nullptr, false);
  return value.is_discarded() ? json(typed) : value;
}

void refuse_other_encodings(const std::string& place, const std::string& text) {
  if (!base::is_utf8(text))
    base::fail(base::ExitCode::usage, place, ": ", base::printable_path(text),
               " is not UTF-8, expected UTF-8, as a run's config.json has to be: rename the file "
               "or folder, or give another path");
}

}  // namespace

// All keys in the value are from there, and so are sections above it that nothing else has made.
void ConfigText::place_on_command_line(const std::string& path, const json& value) {
  typed_.erase(path);
  places_[path] = kCommandLine;
  if (value.is_object())
    for (const auto& [name, inner] : value.items()) place_on_command_line(path + "." + name, inner);
}

void ConfigText::place_new_sections(const std::string& path) {
  const json* above = &values_;
  size_t start = 0;
  for (size_t dot; (dot = path.find('.', start)) != std::string::npos; start = dot + 1) {
    const auto found =
        above ? above->find(path.substr(start, dot - start)) : json::const_iterator();
    above = above && found != above->end() && found->is_object() ? &*found : nullptr;
    if (!above) places_[path.substr(0, dot)] = kCommandLine;
  }
}

void ConfigText::forget_replaced(const json& values, const std::string& prefix) {
  for (const auto& [name, value] : values.items()) {
    const std::string inside = prefix + name + ".";
    if (value.is_object())
      forget_replaced(value, inside);
    else
      std::erase_if(places_, [&](const auto& place) { return place.first.starts_with(inside); });
  }
}

void ConfigText::override_with(const std::string& assignment) {
  const std::string place = kCommandLine;
  size_t equals = assignment.find('=');
  if (equals == 0 || equals == std::string::npos)
    base::fail(base::ExitCode::usage, place, ": \"", assignment.substr(0, 100),
               "\": expected key.path=value");
  std::string path = assignment.substr(0, equals), typed = assignment.substr(equals + 1);
  if (path == ConfigReader::kBase)
    base::fail(base::ExitCode::usage, place, ": ", ConfigReader::kBase, " belongs into a file");
  refuse_other_encodings(place, path);
  refuse_other_encodings(place + ": " + path, typed);
  json patch = value_of(typed, place + ": " + path);
  place_new_sections(path);
  place_on_command_line(path, patch);
  typed_[path] = typed;
  size_t end = path.size(), depth = 0;
  for (;;) {
    size_t dot = path.rfind('.', end - 1);
    size_t start = dot == std::string::npos ? 0 : dot + 1;
    if (start >= end || ++depth > kMaxConfigDepth)
      base::fail(base::ExitCode::usage, place, ": \"", path.substr(0, 100),
                 "\": expected key.path=value");
    json section = json::object();
    section[path.substr(start, end - start)] = std::move(patch);
    patch = std::move(section);
    if (start == 0) break;
    end = dot;
  }
  values_.merge_patch(patch);
  forget_replaced(patch, "");
}

std::string ConfigText::place(const std::string& path) const {
  for (std::string p = path;;) {
    if (auto found = places_.find(p); found != places_.end()) return found->second;
    if (p.empty()) return "configuration";
    size_t dot = p.rfind('.');
    p.resize(dot == std::string::npos ? 0 : dot);
  }
}

bool ConfigText::on_command_line(const std::string& path) const {
  return place(path) == kCommandLine;
}

const std::string* ConfigText::typed(const std::string& path) const {
  auto found = typed_.find(path);
  bool latest = found != typed_.end() && on_command_line(path);
  return latest ? &found->second : nullptr;
}

std::string text_assignment(const std::string& key, const std::string& text,
                            const std::string& option) {
  refuse_other_encodings(option, text);
  return key + "=" + json(text).dump();
}

}  // namespace config
