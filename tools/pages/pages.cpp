#include "tools/pages/pages.h"

#include <CLI/CLI.hpp>

namespace tools {

std::string generated_page(const std::string& word, const CLI::App& app) {
  if (word == kPrintManPage) return man_page(option_table(app));
  if (word == kPrintBashCompletion) return bash_completion(option_table(app));
  if (word == kPrintZshCompletion) return zsh_completion(option_table(app));
  if (word == kPrintMarkdown) return markdown_section(option_table(app));
  return {};
}

}  // namespace tools
