// How -h prints a program's options: the examples come first. The help of a command shows those of
// the program's examples that call it.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tools/options.h"
#include "tools/pages/option_table.h"

namespace tools {

class HelpFormat : public CLI::Formatter {
 public:
  explicit HelpFormat(std::vector<Example> examples);
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  // What follows an option's names: its type and default, and whether it takes several values or is
  // required. Versions of CLI11 write it differently, but docs/programs.md has one form.
  std::string make_option_opts(const CLI::Option* option) const override;
  // The option's meaning, and which options it needs and excludes.
  std::string make_option_desc(const CLI::Option* option) const override;
  // What the help says of a program or, inside the program `before`, of a command.
  CommandEntry table(const CLI::App& app, const std::string& before) const;

 private:
  // Those that call this command, such as "ssddata check".
  std::vector<Example> examples_of(const std::string& command) const;
  OptionEntry entry_of(const CLI::Option& option) const;
  // "ssddata check [OPTIONS]"
  std::string usage(const CLI::App& app, const std::string& before) const;

  std::vector<Example> examples_;
};

}  // namespace tools
