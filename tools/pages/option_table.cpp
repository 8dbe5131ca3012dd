#include "tools/pages/option_table.h"

#include <algorithm>
#include <cctype>

namespace tools {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (char c : text)
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

bool is_placeholder(const std::string& word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return std::isupper(c); });
}

}  // namespace

void describe_value(const std::string& type, OptionEntry& entry) {
  entry.kind = ValueKind::other;
  const size_t colon = std::min(type.find(':'), type.size());
  for (const std::string& word : split(type.substr(0, colon), '|')) {
    if (word == "FILE" || word == "PATH" || word == "CONFIG")
      entry.kind = ValueKind::file;
    else if (word == "DIR" && entry.kind == ValueKind::other)
      entry.kind = ValueKind::folder;
    else if (!word.empty() && !is_placeholder(word) && word != "-" &&
             std::find(entry.choices.begin(), entry.choices.end(), word) == entry.choices.end())
      entry.choices.push_back(word);
  }
  const size_t open = type.find(":{"), close = type.find('}', colon);
  if (open == colon && close != type.npos)
    entry.choices = split(type.substr(open + 2, close - open - 2), ',');
}

}  // namespace tools
