// A program's options as a table, from which its manual page and its completions are made.
#pragma once
#include <string>
#include <vector>

#include "tools/command_line.h"

namespace tools {

// What a shell can offer as an option's value.
enum class ValueKind {
  none,  // the option takes no value
  file,  // any path
  folder,
  other  // `choices`; nothing if there are none
};

struct OptionEntry {
  std::vector<std::string> names;  // such as "-o" and "--output"; a positional has one
  std::string heading;             // as in -h: "-o,--output DIR"
  std::string meaning;
  ValueKind kind = ValueKind::none;
  std::vector<std::string> choices;
};

struct CommandEntry {
  std::string name;   // "ssddata", or "check"
  std::string usage;  // "ssddata check [OPTIONS]"
  std::string meaning;
  std::vector<OptionEntry> options, positionals;
  std::vector<CommandEntry> commands;
  std::vector<Example> examples;
};

CommandEntry option_table(const CLI::App& app);

}  // namespace tools
