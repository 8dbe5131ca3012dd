// The parts that all programs share: help, version, exit codes, and one line for every error.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "tools/options.h"

namespace tools {

// `main` calls this first. If memory then runs out where no exception may leave, such as in a
// destructor or before run_program, the program ends as run_program would end it: with one line and
// code 6 instead of abort().
void handle_lack_of_memory();

// What -h and shells call the values of every --device.
std::string device_values();

// The error with which a program ends after this exception.
base::Error as_error(const std::exception&);

// Parses the command line, calls `body`, and returns the program's exit code. Every failure is one
// line on stderr, "program: what is wrong". The code is that of the base::Error, 2 for the command
// line (such as "unknown option --foo, did you mean --bar?"), 3 for the file system, 6 without
// memory, and 1 for anything else. If the reader of stdout has closed it, the program ends silently
// with 1. Any other failure to write to stdout is an error. If standard descriptors are closed, no
// file that the program opens takes their place.
int run_program(int argc, char** argv, Program& program, const std::function<void()>& body);
// The same for programs that can succeed with several exit codes. `body` returns the code.
int run_program(int argc, char** argv, Program& program, const std::function<int()>& body);

// Whether standard output is a pipe, FIFO or socket whose reader has closed it. It is false for a
// file, and for a terminal that is open.
bool reader_has_gone();
// Whether standard output was closed when the program started, or was opened for reading only.
bool output_is_closed();

// A subcommand, such as `ssddata check`.
struct Command {
  Options options;
  std::function<int()> run;  // is called after parsing and returns the exit code
};

// run_program for a program with subcommands, which have been added to it.
int run_commands(int argc, char** argv, Program& program, const std::vector<Command>& commands);

}  // namespace tools
