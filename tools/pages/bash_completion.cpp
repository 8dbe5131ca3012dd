#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/pages/pages.h"

namespace tools {
namespace {

// The words that may follow a command: its options and the names of its commands.
std::string words_of(const CommandEntry& command) {
  std::vector<std::string> words;
  for (const OptionEntry& o : command.options)
    words.insert(words.end(), o.names.begin(), o.names.end());
  for (const CommandEntry& c : command.commands) words.push_back(c.name);
  return fmt::format("{}", fmt::join(words, " "));
}

// Commands of the shell that offer the values of an option.
std::string offer(const OptionEntry& o) {
  std::string text;
  if (!o.choices.empty()) text += fmt::format(" _{{0}}_offer -W '{}';", fmt::join(o.choices, " "));
  if (o.kind == ValueKind::file) text += " _{0}_offer -f;";
  if (o.kind == ValueKind::folder) text += " _{0}_offer -d;";
  return text.empty() ? " :;" : text;
}

// A case of the shell for each option that takes a value: after "check --images" it offers folders.
std::string value_cases(const CommandEntry& command, const std::string& scope) {
  std::string text;
  for (const OptionEntry& o : command.options) {
    if (o.kind == ValueKind::none) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : o.names) patterns.push_back("'" + scope + " " + name + "'");
    text += fmt::format("    {}){} return ;;\n", fmt::join(patterns, " | "), offer(o));
  }
  return text;
}

std::string positional_offer(const CommandEntry& command) {
  std::string text;
  for (const OptionEntry& o : command.positionals) text += offer(o);
  return text.empty() ? " :;" : text;
}

std::string scope_case(const CommandEntry& command, const std::string& scope) {
  return fmt::format(
      "    '{}')\n      if [[ $word == -* ]]; then _{{0}}_offer -W '{}'\n      else{}{} fi ;;\n",
      scope, words_of(command), positional_offer(command),
      command.commands.empty() ? "" : " _{0}_offer -W '" + words_of(command) + "';");
}

std::string replaced(std::string text, const std::string& program) {
  const std::string mark = "{0}";
  for (size_t at; (at = text.find(mark)) != text.npos;) text.replace(at, mark.size(), program);
  return text;
}

}  // namespace

std::string bash_completion(const CommandEntry& program) {
  std::string names, values = value_cases(program, ""), scopes = scope_case(program, "");
  for (const CommandEntry& c : program.commands) {
    names += (names.empty() ? "" : " | ") + c.name;
    values += value_cases(c, c.name);
    scopes += scope_case(c, c.name);
  }
  const std::string find_command =
      names.empty() ? ""
                    : "  for ((i = 1; i < COMP_CWORD; ++i)); do\n    case ${COMP_WORDS[i]} in " +
                          names + ") command=${COMP_WORDS[i]}; break ;; esac\n  done\n";
  return replaced(
      "# Completion of {0} for bash, made from its options.\n"
      "_{0}_offer() {\n"
      "  local found\n"
      "  mapfile -t found < <(compgen \"$@\" -- \"$word\")\n"
      "  COMPREPLY+=(\"${found[@]}\")\n"
      "  if [[ $1 != -W ]]; then compopt -o filenames 2>/dev/null; fi\n"
      "}\n"
      "_{0}() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
      "  # The shell takes the = of --option=value for a word.\n"
      "  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then "
      "before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
      "  COMPREPLY=()\n" +
          find_command + "  case \"$command $before\" in\n" + values + "  esac\n" +
          "  case \"$command\" in\n" + scopes + "  esac\n}\ncomplete -F _{0} {0}\n",
      program.name);
}

}  // namespace tools
