// What README.md and docs/*.md tell a reader to type, and what they name.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace tests {

// A piece of a document, with the line on which it begins.
struct Quoted {
  std::string document;  // relative to the project's root
  int line = 0;
  std::string text;
};

// README.md and the pages of docs/ that people write, relative to the project's root.
std::vector<std::filesystem::path> documents();

// The commands of a document's blocks marked `sh`, without comments. A backslash at the end of a
// line joins it with the next. Commands joined by && come one by one.
std::vector<Quoted> shell_commands(const std::filesystem::path& document);

// What stands between single backquotes outside of blocks.
std::vector<Quoted> inline_code(const std::filesystem::path& document);

// Lines that begin a block and do not say its language, and commands that stand in no block.
std::vector<Quoted> unmarked_code(const std::filesystem::path& document);

// The options in a command, such as "--json", without their values.
std::vector<std::string> options_in(const std::string& command);

}  // namespace tests
