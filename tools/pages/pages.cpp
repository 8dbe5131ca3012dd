#include "tools/pages/pages.h"

namespace tools {

std::string generated_page(const std::string& word, const Program& program) {
  if (word == kPrintManPage) return man_page(program.table());
  if (word == kPrintBashCompletion) return bash_completion(program.table());
  if (word == kPrintZshCompletion) return zsh_completion(program.table());
  if (word == kPrintMarkdown) return markdown_section(program.table());
  return {};
}

}  // namespace tools
