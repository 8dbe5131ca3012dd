// What is wrong with a command line that the parser has refused.
#pragma once
#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace tools {

// The message for an error of the parser.
std::string line_fault(const CLI::App&, const CLI::ParseError&);

// What is wrong with a line that the parser has accepted: a word stands where KEY=VALUE is
// expected, and was most likely meant as the value of an option. Empty if there is none.
std::string misplaced_value(const CLI::App&);

}  // namespace tools
