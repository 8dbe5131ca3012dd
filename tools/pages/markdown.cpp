#include "tools/pages/pages.h"

namespace tools {
namespace {

// A bar would end the table's cell, even in code; a line break, the table.
std::string cell(const std::string& text, const std::string& special = "|") {
  std::string out;
  for (char c : text) {
    if (special.find(c) != std::string::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// What stands in angle brackets would be taken for HTML.
std::string words(const std::string& text) { return cell(text, "|<"); }

std::string table(const std::vector<OptionEntry>& positionals,
                  const std::vector<OptionEntry>& options) {
  std::string text = "\n| option | meaning |\n|---|---|\n";
  for (const auto* list : {&positionals, &options})
    for (const OptionEntry& o : *list)
      text += "| `" + cell(o.heading) + "` | " + words(o.meaning) + " |\n";
  return text;
}

std::string section(const std::string& level, const CommandEntry& c) {
  return "\n" + level + " `" + c.usage + "`\n\n" + c.meaning + "\n" +
         table(c.positionals, c.options);
}

}  // namespace

std::string markdown_section(const CommandEntry& program) {
  std::string text = section("##", program);
  for (const CommandEntry& command : program.commands) text += section("###", command);
  return text;
}

}  // namespace tools
