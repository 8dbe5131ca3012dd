// JSON with // and /* */ comments into values and the line of every key.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace config {

constexpr size_t kMaxConfigDepth = 64;

struct ParsedConfig {
  nlohmann::json values;             // an object
  std::map<std::string, int> lines;  // of "key.path"; "" is line 1
};

// Error(usage) "name:line: ..." when the text is not an object of JSON, has a key twice or nests
// too deep.
ParsedConfig parse_config(const std::string& text, const std::string& name);

// Any one value. Error(usage) "place: ...".
nlohmann::json parse_config_value(const std::string& text, const std::string& place);

}  // namespace config
