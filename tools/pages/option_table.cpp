#include "tools/pages/option_table.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "tools/help_format.h"

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

// CLI11 names the type of a value "FILE|DIR", "auto|PATH", "cuda|cuda:N" or "NAME". A check of the
// value may have added its choices: "TEXT:{image,folder}".
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

OptionEntry entry_of(const CLI::Option& option, const CLI::Formatter& format) {
  OptionEntry entry;
  const bool positional = option.get_positional();
  if (positional) {
    entry.names = {option.get_name(true, false)};
  } else {
    for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  }
  entry.heading = format.make_option_name(&option, positional) + format.make_option_opts(&option);
  entry.meaning = format.make_option_desc(&option);
  if (option.get_expected_max() > 0) describe_value(option.get_type_name(), entry);
  return entry;
}

CommandEntry command_entry(const CLI::App& app, const HelpFormat& format,
                           const std::string& before) {
  CommandEntry entry{
      .name = app.get_name(), .usage = format.usage(app, before), .meaning = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    (option->get_positional() ? entry.positionals : entry.options)
        .push_back(entry_of(*option, format));
  }
  const std::string inner = before.empty() ? entry.name : before + " " + entry.name;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    entry.commands.push_back(command_entry(*sub, format, inner));
  return entry;
}

}  // namespace

CommandEntry option_table(const CLI::App& app) {
  const auto format = std::dynamic_pointer_cast<HelpFormat>(app.get_formatter());
  CommandEntry entry = command_entry(app, format ? *format : HelpFormat({}), "");
  if (format) entry.examples = format->examples();
  return entry;
}

}  // namespace tools
