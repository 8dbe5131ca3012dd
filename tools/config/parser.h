// Parses JSON with // and /* */ comments, and remembers the line of every key.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace config {

constexpr size_t kMaxConfigDepth = 64;

struct ParsedConfig {
  nlohmann::json values;             // an object
  std::map<std::string, int> lines;  // by "key.path"; "" is the whole text
};

// Parses a configuration. Throws Error(usage), which begins with "name:line: ", if the text is not
// an object of JSON, if it has a key twice, or if it is nested more than kMaxConfigDepth deep.
ParsedConfig parse_config(const std::string& text, const std::string& name);

// Parses one value of any type. Throws Error(usage), which begins with `place`, if it is not JSON.
nlohmann::json parse_config_value(const std::string& text, const std::string& place);

}  // namespace config
