#include "tools/options/line_fault.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/nearest_name.h"
#include "tools/options/likely_option.h"
#include "tools/options/plain_words.h"

namespace tools {
namespace {

// The words that the user can have meant: the options (or subcommands) of the app and of the
// subcommands in use.
std::vector<std::string> known_words(const CLI::App& app, bool options) {
  std::vector<std::string> words;
  if (options) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
      for (const std::string& name : option->get_snames()) words.push_back("-" + name);
    }
  } else {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
      words.push_back(sub->get_name());
  }
  for (const CLI::App* sub : app.get_subcommands())
    for (std::string& word : known_words(*sub, options)) words.push_back(std::move(word));
  return words;
}

bool is_option(const std::string& word) { return word.starts_with("-") && word != "--"; }

bool is_known(const CLI::App& app, const std::string& word) {
  const std::vector<std::string> known = known_words(app, is_option(word));
  return std::find(known.begin(), known.end(), word) != known.end();
}

std::string did_you_mean(const std::string& meant) {
  return meant.empty() ? "" : ", did you mean " + meant + "?";
}

// "unknown option --foo, did you mean --bar?" If it is not known what was meant, a known word that
// is spelt alike is named.
std::string not_known(const CLI::App& app, const std::string& kind, const std::string& word,
                      std::string meant = "") {
  if (meant.empty()) meant = base::nearest_name(word, known_words(app, is_option(word)));
  return kind + " " + word + (meant.empty() ? ", see --help" : did_you_mean(meant));
}

// What the app and the subcommands in use could have been given.
void add_possible(const CLI::App& app, PossibleWords& possible) {
  for (const CLI::Option* option : app.get_options()) {
    possible.takes_images |= option->get_positional() && option->get_name() == "images";
    possible.takes_keys |= option->get_positional() && option->get_name() == "overrides";
    if (option->count() == 0)
      for (const std::string& name : option->get_lnames()) possible.options.push_back("--" + name);
  }
  for (const CLI::App* sub : app.get_subcommands()) add_possible(*sub, possible);
}

PossibleWords possible_words(const CLI::App& app) {
  PossibleWords possible;
  add_possible(app, possible);
  return possible;
}

// The values of the options without a name.
void add_values(const CLI::App& app, std::vector<std::string>& values) {
  for (const CLI::Option* option : app.get_options())
    if (option->get_positional() && option->count() > 0)
      values.insert(values.end(), option->results().begin(), option->results().end());
  for (const CLI::App* sub : app.get_subcommands()) add_values(*sub, values);
}

// The word that was meant as the value of a required option, behind that option's name.
std::string meant_for(const CLI::App& app, const std::string& missing) {
  std::vector<std::string> values = app.remaining(true);
  add_values(app, values);
  for (const std::string& value : values)
    if (const std::string meant = meant_by_value(value, possible_words(app).options);
        !meant.empty() && missing.starts_with(meant.substr(0, meant.find(' ') + 1)))
      return meant;
  return {};
}

// What is wrong with an option that the program has, in another place.
std::string misplaced(const CLI::App& app, const std::string& word) {
  for (const CLI::App* sub : app.get_subcommands())
    return fmt::format("{} has its place {}", word,
                       sub->get_option_no_throw(word) ? "after the command " + sub->get_name()
                                                      : "before the command");
  return "unexpected argument " + word;
}

// What is wrong with the words that belong to no option and no subcommand. If there is an unknown
// option among them, the message names that.
std::string unexpected(const CLI::App& app, const std::string& kind_of_others) {
  const std::vector<std::string> rest = app.remaining(true);
  const auto option = std::find_if(rest.begin(), rest.end(), is_option);
  if (option != rest.end()) {
    const std::string name = option->substr(0, option->find('='));
    if (is_known(app, name)) return misplaced(app, name);
    return not_known(app, "unknown option", name, meant_by_option(*option, possible_words(app)));
  }
  if (is_known(app, rest.front()))
    return "unexpected argument " + rest.front() + ": give one command at a time";
  return not_known(app, kind_of_others, rest.front(),
                   meant_by_value(rest.front(), possible_words(app).options));
}

// The first option that the program does not have, if the line has one. The parser may find another
// mistake first, which the unknown option can have caused: its value then stands for something
// else.
std::string unknown_option(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  return std::any_of(rest.begin(), rest.end(), is_option) ? unexpected(app, "") : "";
}

// What is wrong with a command line without a command. The user meant one by the first word that is
// not an option.
std::string without_command(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  const auto word = std::find_if_not(rest.begin(), rest.end(), is_option);
  if (word != rest.end()) return not_known(app, "unknown command", *word);
  if (!rest.empty()) return unexpected(app, "");
  return fmt::format("which command? One of {}", fmt::join(known_words(app, false), ", "));
}

// What to say behind a word that nothing takes, if the shell may have expanded a glob.
std::string about_globs(const CLI::App& app) {
  const CLI::Option* shards = app.get_option_no_throw("--tfrecords");
  std::string words = shards && shards->count() > 0 ? kAboutGlobs : "";
  for (const CLI::App* sub : app.get_subcommands()) words += about_globs(*sub);
  return words;
}

}  // namespace

std::string line_fault(const CLI::App& app, const CLI::ParseError& error) {
  const std::string kind = error.get_name();
  if (dynamic_cast<const CLI::ExtrasError*>(&error))
    return unexpected(app, "unexpected argument") + about_globs(app);
  if (dynamic_cast<const CLI::RequiredError*>(&error)) {
    if (app.get_require_subcommand_min() > 0 && app.get_subcommands().empty())
      return without_command(app);
    const std::string unknown = unknown_option(app);
    return unknown.empty() ? error.what() + did_you_mean(meant_for(app, error.what())) : unknown;
  }
  if (dynamic_cast<const CLI::RequiresError*>(&error))
    if (const std::string unknown = unknown_option(app); !unknown.empty()) return unknown;
  return in_plain_words(kind, error.what());
}

std::string misplaced_value(const CLI::App& app) {
  const PossibleWords possible = possible_words(app);
  std::vector<std::string> values;
  if (possible.takes_keys) add_values(app, values);
  for (const std::string& value : values)
    if (const std::string meant = meant_by_value(value, possible.options);
        !meant.empty() && value.find('=') == value.npos)
      return "unexpected argument " + value + did_you_mean(meant);
  return {};
}

}  // namespace tools
