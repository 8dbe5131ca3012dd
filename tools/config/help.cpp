// Writes a ConfigTable as JSON, as help for the terminal, and as a page of the documentation.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/nearest_name.h"
#include "tools/config/table.h"

namespace config {
namespace {

// The section of a key with a dot, such as "train.schedule." for "train.schedule.kind". Empty for
// keys outside of sections.
std::string section_of(const std::string& path) {
  size_t dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

std::string description_of(const ConfigTable& table, const std::string& section) {
  for (const auto& [path, description] : table.sections())
    if (path == section) return description;
  return "";
}

[[noreturn]] void refuse_part(const ConfigTable& table, const std::string& part) {
  std::vector<std::string> known;
  for (const auto& [path, description] : table.sections()) known.push_back(path);
  for (const ConfigKey& key : table.keys()) known.push_back(key.path);
  const std::string nearest = base::nearest_name(part, known);
  base::fail(base::ExitCode::usage, "--help-config ", part, ": no key contains this",
             nearest.empty() ? "" : ", did you mean " + nearest + "?");
}

std::string without_bars(std::string text) {  // a bar would end the table's cell
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

}  // namespace

std::string config_as_json(const ConfigTable& table) {
  nlohmann::ordered_json result = nlohmann::ordered_json::object();
  for (const ConfigKey& key : table.keys()) {
    nlohmann::ordered_json* at = &result;
    std::string rest = key.path;
    for (size_t dot; (dot = rest.find('.')) != std::string::npos; rest.erase(0, dot + 1)) {
      at = &(*at)[rest.substr(0, dot)];
      // The library would make the object by itself, but would crash if memory runs out meanwhile.
      if (at->is_null()) *at = nlohmann::ordered_json::object();
    }
    (*at)[rest] = nlohmann::ordered_json(key.value());
  }
  return result.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

namespace {

std::vector<ConfigKey> keys_named(const ConfigTable& table, const std::string& part) {
  std::vector<ConfigKey> begin, contain;
  for (const ConfigKey& key : table.keys()) {
    if (key.path.starts_with(part)) begin.push_back(key);
    if (key.path.find(part) != std::string::npos) contain.push_back(key);
  }
  return begin.empty() ? contain : begin;
}

}  // namespace

std::string config_help(const ConfigTable& table, const std::string& part) {
  std::string text, section = "\n";
  for (const ConfigKey& key : keys_named(table, part)) {
    if (std::string own = section_of(key.path); own != section) {
      section = own;
      std::string description = description_of(table, section);
      if (!text.empty()) text += "\n";
      if (!section.empty()) text += fmt::format("{}: {}\n", section, description);
    }
    text += fmt::format("  {} = {}   ({})\n      {}\n", key.path, key.default_json, key.expected,
                        key.description);
  }
  if (text.empty()) refuse_part(table, part);
  return text;
}

std::string config_markdown(const ConfigTable& table) {
  std::string text =
      "# Configuration keys\n\nWritten by `ssdtrain --help-config --markdown`; a test compares "
      "this page "
      "with the program.\nThe form of the files is described in "
      "[configuration.md](configuration.md).\n";
  std::string section = "\n";
  for (const ConfigKey& key : table.keys()) {
    if (std::string own = section_of(key.path); own != section) {
      section = own;
      std::string title = section.empty() ? "The run" : fmt::format("`{}`", section);
      std::string description = description_of(table, section);
      text += fmt::format("\n## {}\n\n{}", title, description.empty() ? "" : description + ".\n\n");
      text += "| key | default | value | meaning |\n|---|---|---|---|\n";
    }
    text += fmt::format("| `{}` | `{}` | {} | {} |\n", key.path, key.default_json,
                        without_bars(key.expected), without_bars(key.description));
  }
  return text;
}

}  // namespace config
