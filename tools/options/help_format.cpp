#include "tools/options/help_format.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace tools {
namespace {

// The help of a command inside its program's help. CLI11 2.5 and newer need the mode, too.
template <class Formatter>
std::string expanded(const Formatter& f, const CLI::App* app, CLI::AppFormatMode mode) {
  if constexpr (requires { f.make_expanded(app, mode); })
    return f.make_expanded(app, mode);
  else
    return f.make_expanded(app);
}

// "; only with --random"
std::string listed(const std::string& label, const std::set<CLI::Option*>& options,
                   const std::string& between) {
  std::set<std::string> names;
  for (const CLI::Option* option : options) names.insert(option->get_name());
  return names.empty() ? "" : fmt::format("; {} {}", label, fmt::join(names, between));
}

// The part of a help; empty without examples.
std::string in_words(const std::vector<Example>& examples) {
  std::string text = examples.empty() ? "" : "\nExamples:\n";
  for (const Example& e : examples) text += fmt::format("  {}\n      {}\n", e.command, e.meaning);
  return text;
}

const std::string kUsage = "Usage:";

// CLI11 2.5 begins the usage with an empty line, and leaves "Usage:" out.
std::string with_label(std::string usage) {
  usage.erase(0, usage.find_first_not_of('\n'));
  return usage.starts_with(kUsage) ? usage : kUsage + " " + usage;
}

}  // namespace

HelpFormat::HelpFormat(std::vector<Example> examples) : examples_(std::move(examples)) {
  constexpr size_t kColumn = 28;
  column_width(kColumn);
}

std::string HelpFormat::make_help(const CLI::App* app, std::string name,
                                  CLI::AppFormatMode mode) const {
  if (mode == CLI::AppFormatMode::Sub) return expanded(*this, app, mode);
  std::string text = app->get_description() + "\n";
  const CLI::App* const program = app->get_parent();
  text += in_words(program ? examples_of(program->get_name() + " " + app->get_name()) : examples_);
  text += "\n" + with_label(make_usage(app, name)) + make_positionals(app) +
          make_groups(app, mode) + make_subcommands(app, mode) + make_footer(app);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::vector<Example> HelpFormat::examples_of(const std::string& command) const {
  std::vector<Example> found;
  for (const Example& e : examples_)
    if ((e.command + " ").starts_with(command + " ")) found.push_back(e);
  return found;
}

std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
  if (!option->get_option_text().empty()) return " " + option->get_option_text();
  std::string text;
  if (option->get_type_size() != 0) {
    if (!option->get_type_name().empty()) text += " " + option->get_type_name();
    if (!option->get_default_str().empty()) text += "=" + option->get_default_str();
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size) text += " ...";
    if (option->get_required()) text += " REQUIRED";
  }
  return text;
}

std::string HelpFormat::make_option_desc(const CLI::Option* option) const {
  return option->get_description() + listed("only with", option->get_needs(), " and ") +
         listed("not with", option->get_excludes(), " or ");
}

std::string HelpFormat::usage(const CLI::App& app, const std::string& before) const {
  const std::string name = before.empty() ? app.get_name() : before + " " + app.get_name();
  std::string text = with_label(make_usage(&app, name)).substr(kUsage.size() + 1);
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

OptionEntry HelpFormat::entry_of(const CLI::Option& option) const {
  OptionEntry entry;
  const bool positional = option.get_positional();
  if (positional) {
    entry.names = {option.get_name(true, false)};
  } else {
    for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  }
  entry.heading = make_option_name(&option, positional) + make_option_opts(&option);
  entry.meaning = make_option_desc(&option);
  if (option.get_expected_max() > 0) describe_value(option.get_type_name(), entry);
  return entry;
}

CommandEntry HelpFormat::table(const CLI::App& app, const std::string& before) const {
  CommandEntry entry{
      .name = app.get_name(), .usage = usage(app, before), .meaning = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    (option->get_positional() ? entry.positionals : entry.options).push_back(entry_of(*option));
  }
  const std::string inner = before.empty() ? entry.name : before + " " + entry.name;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    entry.commands.push_back(table(*sub, inner));
  if (before.empty()) entry.examples = examples_;
  return entry;
}

}  // namespace tools
