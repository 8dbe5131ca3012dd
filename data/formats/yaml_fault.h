// What is wrong with a text that is no YAML, or that is YAML and not what its author meant. A
// parser notices a quote, a colon or a blank that is missing some lines later, or never.
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

// Where the text is wrong, and how, if the library has said `message` at this line.
YamlFault yaml_fault(std::string_view text, int line, const std::string& message);

// The lines of a text without its byte order mark.
std::vector<std::string_view> lines_of(std::string_view text);

// The fault of a text of some lines in quotes, or without any, that has swallowed a line which
// begins with a key or is a list item. Only for values that are no long texts.
std::optional<YamlFault> swallowed_line(const std::vector<std::string_view>& lines,
                                        const YAML::Node& scalar);

// The fault of a key without a value whose line has no colon: `train images`, `0:cat`.
std::optional<YamlFault> key_without_colon(const std::vector<std::string_view>& lines,
                                           const YAML::Node& key);

// A first key, such as `names` or `train`, of what the library has taken for a second document,
// though no line --- or ... is before it.
std::optional<YamlFault> key_behind_document(std::string_view text);

}  // namespace data
