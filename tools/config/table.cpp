#include "tools/config/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/nearest_name.h"
#include "tools/config/text.h"

namespace config {
using nlohmann::json;

namespace {

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

std::string parent_of(const std::string& path) {
  size_t dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

// A value as the user may have written it. A long one is cut.
std::string shown_value(const json& value) {
  constexpr size_t kLongest = 60;
  if (value.is_object()) return "a section { }";
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() > kLongest ? text.substr(0, kLongest) + "..." : text;
}

}  // namespace

void ConfigTable::section(const std::string& path, const std::string& description) {
  sections_.emplace_back(path, description);
}

void ConfigTable::rule(std::vector<std::string> keys, std::function<std::string()> complaint) {
  for (const std::string& key : keys) SSD_CHECK(find(key), "no key ", key);
  rules_.push_back({std::move(keys), std::move(complaint)});
}

void ConfigTable::add(ConfigKey key) {
  SSD_CHECK(!find(key.path), "key ", key.path, " is in the table twice");
  key.default_json = key.value().dump();
  keys_.push_back(std::move(key));
}

const ConfigKey* ConfigTable::find(const std::string& path) const {
  const auto found = std::ranges::find(keys_, path, &ConfigKey::path);
  return found == keys_.end() ? nullptr : &*found;
}

bool ConfigTable::is_section(const std::string& path) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [&](const ConfigKey& k) { return k.path.starts_with(path + "."); });
}

void ConfigTable::apply(const ConfigText& text) {
  set_.clear();
  apply(text, text.values(), "");
  for (const Rule& rule : rules_) {
    std::string complaint = rule.complaint();
    if (complaint.empty()) continue;
    auto culprit =
        std::find_if(rule.keys.begin(), rule.keys.end(), [&](const auto& k) { return was_set(k); });
    const std::string& key = culprit == rule.keys.end() ? rule.keys.front() : *culprit;
    base::fail(base::ExitCode::usage, text.place(key), ": ", key, ": ", complaint);
  }
}

void ConfigTable::apply(const ConfigText& text, const json& object, const std::string& prefix) {
  for (const auto& [name, value] : object.items()) {
    std::string path = prefix + name;
    if (name.find('.') != std::string::npos && find(path))
      base::fail(base::ExitCode::usage, text.place(path), ": ", path,
                 ": in a file, sections are written as { }, without dots");
    if (const ConfigKey* key = find(path)) {
      apply_key(text, *key, value);
    } else if (!is_section(path)) {
      unknown(text, prefix, name);
    } else if (!value.is_object()) {
      base::fail(base::ExitCode::usage, text.place(path), ": ", path,
                 ": expected a section { }, found ", shown_value(value));
    } else {
      apply(text, value, path + ".");
    }
  }
}

void ConfigTable::apply_key(const ConfigText& text, const ConfigKey& key, const json& value) {
  const std::string* typed = text.typed(key.path);
  bool typed_text = key.text && typed && (value.is_number() || value.is_boolean());
  bool ok = typed_text ? key.assign(*typed) : key.assign(value);
  const bool lossy = value.is_number_float() && std::fabs(value.get<double>()) >= kLeastLossyWhole;
  if (!ok)
    base::fail(base::ExitCode::usage, text.place(key.path), ": ", key.path, ": expected ",
               key.expected, ", found ", shown_value(value),
               lossy ? "; write a number from 2^53 on with all its digits" : "");
  set_.insert(key.path);
}

void ConfigTable::unknown(const ConfigText& text, const std::string& prefix,
                          const std::string& name) const {
  std::vector<std::string> siblings, elsewhere;
  for (const ConfigKey& key : keys_) {
    for (std::string path = key.path; !path.empty(); path = parent_of(path)) {
      std::string parent = parent_of(path);
      bool here = parent.empty() ? prefix.empty() : parent + "." == prefix;
      (here ? siblings : elsewhere).push_back(here ? last_part(path) : path);
    }
  }
  std::string path = prefix + name, advice = base::nearest_name(name, siblings);
  if (!advice.empty()) advice = prefix + advice;
  for (size_t i = 0; i < elsewhere.size() && advice.empty(); ++i)
    if (last_part(elsewhere[i]) == name) advice = elsewhere[i];
  if (advice.empty()) advice = base::nearest_name(path, elsewhere);
  std::string shown_path = shown_value(path);
  base::fail(
      base::ExitCode::usage, text.place(path), ": ",
      shown_path.substr(1, shown_path.rfind('"') - 1), ": unknown key, ",
      advice.empty() ? "`ssdtrain --help-config` lists them" : "did you mean " + advice + "?");
}

}  // namespace config
