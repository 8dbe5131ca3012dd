// Says what is wrong with a text that is no YAML, or that is YAML with another meaning than its
// author's. If a quote, a colon or a blank is missing, the parser notices it lines later, or never.
#pragma once
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace data {

struct YamlFault {
  int line = 0;  // from 1
  std::string words;
};

// Takes the parser's events and does nothing with them.
struct YamlEvents : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Finds the line that is at fault in a text for which the library gave `message` at `line`.
YamlFault yaml_fault(std::string_view text, int line, const std::string& message);

// Splits a text into its lines, without a byte order mark.
std::vector<std::string_view> lines_of(std::string_view text);

// Finds out whether a value, in quotes or not, has swallowed a later line that was meant as a key
// or a list item. Call it only for values that should be short.
std::optional<YamlFault> swallowed_line(const std::vector<std::string_view>& lines,
                                        const YAML::Node& scalar);

// Finds out whether a line was meant as a key with a value but has no colon with a blank behind it,
// such as `train images` or `0:cat`. YAML takes such a line for a key without a value.
std::optional<YamlFault> key_without_colon(const std::vector<std::string_view>& lines,
                                           const YAML::Node& key);

// Finds out whether the library has ended the document before a key such as `names` or `train`,
// although no line --- or ... comes before that key.
std::optional<YamlFault> key_behind_document(std::string_view text);

}  // namespace data
