// A program's manual page, its completions for shells and its section of docs/programs.md, made
// from its table of options.
#pragma once
#include <string>

#include "tools/pages/option_table.h"

namespace tools {

// `cmake --install` calls each program with one of these words alone, and installs what it prints.
// No help lists them. tools/write_pages.sh calls them with the last one.
inline constexpr const char* kPrintManPage = "--print-man-page";
inline constexpr const char* kPrintBashCompletion = "--print-bash-completion";
inline constexpr const char* kPrintZshCompletion = "--print-zsh-completion";
inline constexpr const char* kPrintMarkdown = "--print-markdown";

// The page that the word asks for. Empty if the word is none of these.
std::string generated_page(const std::string& word, const Program& program);

std::string man_page(const CommandEntry& program);  // roff, section 1
std::string bash_completion(const CommandEntry& program);
std::string zsh_completion(const CommandEntry& program);
std::string markdown_section(const CommandEntry& program);

}  // namespace tools
