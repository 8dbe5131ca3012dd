#include <cctype>

#include "engine/base/version.h"
#include "tools/pages/pages.h"

namespace tools {
namespace {

// Escapes a text so that roff prints it unchanged: a line must not begin with a control character.
std::string roff(const std::string& text) {
  std::string out;
  for (char c : text) {
    const bool starts_line = out.empty() || out.back() == '\n';
    switch (c) {
      case '\\':
        out += "\\(rs";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '.':
        out += starts_line ? "\\&." : ".";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = char(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// Makes the phrase for the list of all pages: of "Trains a detector. And more.", it is "trains a
// detector".
std::string in_a_phrase(std::string meaning) {
  meaning = meaning.substr(0, meaning.find(". "));
  if (meaning.ends_with('.')) meaning.pop_back();
  if (!meaning.empty()) meaning[0] = char(std::tolower(static_cast<unsigned char>(meaning[0])));
  return meaning;
}

std::string entries(const std::string& title, const std::vector<OptionEntry>& list) {
  if (list.empty()) return {};
  std::string text = title;
  for (const OptionEntry& o : list)
    text += ".TP\n.B " + roff(o.heading) + "\n" + roff(o.meaning) + "\n";
  return text;
}

std::string commands(const std::vector<CommandEntry>& list) {
  if (list.empty()) return {};
  std::string text = ".SH COMMANDS\n";
  for (const CommandEntry& c : list)
    text += ".SS " + roff(c.usage) + "\n" + roff(c.meaning) + "\n" + entries("", c.positionals) +
            entries("", c.options);
  return text;
}

std::string examples(const std::vector<Example>& list) {
  if (list.empty()) return {};
  std::string text = ".SH EXAMPLES\n";
  for (const Example& e : list)
    text += ".TP\n.B " + roff(e.command) + "\n" + roff(e.meaning) + "\n";
  return text;
}

// The codes are those of the user guide.
std::string exit_status() {
  struct Code {
    const char *number, *meaning;
  };
  constexpr Code kCodes[] = {
      {"0", "Done."},
      {"1", "Failed for another reason than those below."},
      {"2", "The command line or the configuration is wrong."},
      {"3", "The data is wrong, or a file cannot be read or written."},
      {"4", "The checkpoint or model file is wrong."},
      {"5", "Training diverged, or the output of a network is not finite."},
      {"6", "Not enough memory, no such device, or the ranks lost each other."},
      {"75", "Training stopped early on request, and a checkpoint is saved."}};
  std::string text = ".SH EXIT STATUS\n";
  for (const Code& c : kCodes)
    text += std::string(".TP\n.B ") + c.number + "\n" + roff(c.meaning) + "\n";
  return text;
}

}  // namespace

std::string man_page(const CommandEntry& p) {
  return ".TH " + upper(p.name) + " 1 \"\" \"ssd320 " + base::version_parts().front().second +
         "\" \"User Commands\"\n.SH NAME\n" + p.name + " \\- " + roff(in_a_phrase(p.meaning)) +
         "\n.SH SYNOPSIS\n.B " + roff(p.usage) + "\n.SH DESCRIPTION\n" + roff(p.meaning) + "\n" +
         entries(".SH ARGUMENTS\n", p.positionals) + entries(".SH OPTIONS\n", p.options) +
         commands(p.commands) + examples(p.examples) + exit_status();
}

}  // namespace tools
