// A program's options as a table (Program::table), from which its manual page and its completions
// are made.
#pragma once
#include <string>
#include <vector>

#include "tools/options.h"

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

// Sets the kind and the choices of a value by what the help calls it: "FILE|DIR", "auto|PATH",
// "cuda|cuda:N" or "NAME". A check of the value may have added its choices: "TEXT:{image,folder}".
void describe_value(const std::string& type, OptionEntry& entry);

}  // namespace tools
