#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/pages/pages.h"

namespace tools {
namespace {

// Escapes a text for single quotes in an argument of _arguments, to which the characters `special`
// have a meaning.
std::string quoted(const std::string& text, const std::string& special) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (special.find(c) != special.npos) out += '\\';
    out += c;
  }
  return out;
}

// What may follow an option, as _arguments reads it: ":what:action".
std::string value(const OptionEntry& o) {
  if (o.kind == ValueKind::none) return {};
  const std::string files = o.kind == ValueKind::file     ? "_files"
                            : o.kind == ValueKind::folder ? "_files -/"
                                                          : "";
  std::string action = files;
  if (!o.choices.empty()) {
    const std::string words = fmt::format("({})", fmt::join(o.choices, " "));
    action = files.empty()
                 ? words
                 : fmt::format("{{ _alternative \"choices:choice:{}\" \"files:file:{}\" }}", words,
                               files);
  }
  return ":value:" + action;
}

// An argument of _arguments for each name of each option.
std::string specs(const CommandEntry& command, const std::string& indent) {
  constexpr const char* kSpecial = "[]:\\";
  std::string text;
  for (const OptionEntry& o : command.options)
    for (const std::string& name : o.names)
      text += fmt::format(" \\\n{}'({}){}[{}]{}'", indent, fmt::join(o.names, " "), name,
                          quoted(o.meaning, kSpecial), value(o));
  for (const OptionEntry& o : command.positionals)
    text += fmt::format(" \\\n{}'*:{}{}'", indent, quoted(o.names[0], kSpecial),
                        value(o).substr(std::string(":value").size()));
  return text;
}

std::string with_commands(const CommandEntry& program) {
  std::string list, cases;
  for (const CommandEntry& c : program.commands) {
    list += fmt::format(" {}\\:\"{}\"", c.name, quoted(c.meaning, ":\\\""));
    cases += fmt::format("      {})\n        _arguments{} ;;\n", c.name, specs(c, "          "));
  }
  return fmt::format(
      "  local curcontext=$curcontext state line\n"
      "  _arguments -C{} \\\n    '1:command:(({}))' \\\n    '*::argument:->rest'\n"
      "  if [[ $state == rest ]]; then\n    case $line[1] in\n{}    esac\n  fi\n",
      specs(program, "    "), list, cases);
}

}  // namespace

std::string zsh_completion(const CommandEntry& program) {
  const std::string body = program.commands.empty() ? "  _arguments" + specs(program, "    ") + "\n"
                                                    : with_commands(program);
  return fmt::format(
      "#compdef {0}\n# Completion of {0} for zsh, made from its options.\n_{0}() {{\n{1}}}\n"
      "_{0} \"$@\"\n",
      program.name, body);
}

}  // namespace tools
