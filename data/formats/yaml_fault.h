// What is wrong with a text that is no YAML, or that is YAML and not what its author meant. A
// parser notices a quote, a colon or a blank that is missing some lines later, or never.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace data {

struct YamlFault {
  int line = 0;  // from 1
  std::string words;
};

// Where the text is wrong, and how, if the library has said `message` at this line.
YamlFault yaml_fault(std::string_view text, int line, const std::string& message);

// The first line of a text that can be read, but hardly as it was meant: quotes that reach over
// several lines, a line that is neither a key nor a list item, a list item that another one has
// swallowed. No file of class names and paths needs these.
std::optional<YamlFault> hidden_yaml_fault(std::string_view text);

}  // namespace data
