// What all programs share: help, version, exit codes, one line for every error.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace tools {

struct Example {
  std::string command, meaning;
};

// The first thing that `main` does. Where memory runs out and no exception may leave (in a
// destructor, or before run_program), the program then ends as run_program ends it: with one line
// and code 6, and not by abort().
void handle_lack_of_memory();

// Sets up `app` (named by its constructor): summary, examples first in -h, --version, no @files.
void describe_program(CLI::App& app, const std::string& summary,
                      const std::vector<Example>& examples);

// Parses, calls `body` and returns the program's exit code. Every failure is one line on stderr,
// "program: what is wrong", with the code of base::Error; 2 for the command line ("unknown option
// --foo, did you mean --bar?"), 6 out of memory, 1 anything else. A closed stdout ends the program
// silently with 1; any other failure to write to stdout is an error.
int run_program(int argc, char** argv, CLI::App& app, const std::function<void()>& body);
// For programs that end well in more than one way: `body` returns the exit code.
int run_program(int argc, char** argv, CLI::App& app, const std::function<int()>& body);

// A subcommand, such as `ssddata check`.
struct Command {
  CLI::App* options = nullptr;
  std::function<int()> run;  // after parsing; returns the exit code; errors are base::Error
};

// run_program for a program that does one of `commands`, which have been added to `app`.
int run_commands(int argc, char** argv, CLI::App& app, const std::vector<Command>& commands);

}  // namespace tools
