#include "tests/support/documents.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <regex>
#include <set>

#include "tests/support/paths.h"

namespace tests {
namespace fs = std::filesystem;
using std::string;

namespace {

const string kFence = "```";

// Calls `visit` for each line with the language of the block around it: empty outside of blocks.
// Fences themselves come with the language "fence".
void for_each_line(
    const fs::path& document,
    const std::function<void(int number, const string& line, const string& language)>& visit) {
  std::ifstream file(source_dir() / document);
  string language;
  int number = 0;
  for (string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with(kFence)) {
      const bool opens = language.empty();
      language = opens ? line.substr(kFence.size()) : "";
      if (opens && language.empty()) language = "unmarked";
      visit(number, line, "fence");
    } else {
      visit(number, line, language);
    }
  }
}

string trimmed(const string& text) {
  const size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == string::npos ? "" : text.substr(first, last - first + 1);
}

string without_comment(const string& line) {
  if (line.starts_with("#")) return "";
  return trimmed(line.substr(0, line.find(" #")));
}

void add_commands(const Quoted& line, std::vector<Quoted>& commands) {
  const string joint = " && ";
  for (string rest = line.text; !rest.empty();) {
    const size_t end = rest.find(joint);
    commands.push_back({line.document, line.line, rest.substr(0, end)});
    rest = end == string::npos ? "" : rest.substr(end + joint.size());
  }
}

}  // namespace

std::vector<fs::path> documents() {
  const std::set<string> generated{"config_keys.md", "pipeline_fields.md"};
  std::vector<fs::path> all{"README.md"};
  for (const auto& entry : fs::directory_iterator(source_dir() / "docs"))
    if (entry.path().extension() == ".md" && !generated.contains(entry.path().filename().string()))
      all.push_back(fs::path("docs") / entry.path().filename());
  std::sort(all.begin() + 1, all.end());
  return all;
}

std::vector<Quoted> shell_commands(const fs::path& document) {
  std::vector<Quoted> commands;
  Quoted joined;
  for_each_line(document, [&](int number, const string& line, const string& language) {
    if (language != "sh") return;
    string text = without_comment(line);
    if (joined.text.empty()) joined = {document.string(), number, ""};
    const bool goes_on = text.ends_with("\\");
    if (goes_on) text = trimmed(text.substr(0, text.size() - 1));
    if (!text.empty()) joined.text += (joined.text.empty() ? "" : " ") + text;
    if (goes_on) return;
    add_commands(joined, commands);
    joined.text.clear();
  });
  return commands;
}

std::vector<Quoted> inline_code(const fs::path& document) {
  static const std::regex code("`([^`]+)`");
  std::vector<Quoted> all;
  for_each_line(document, [&](int number, const string& line, const string& language) {
    if (!language.empty()) return;
    for (std::sregex_iterator it(line.begin(), line.end(), code), end; it != end; ++it)
      all.push_back({document.string(), number, it->str(1)});
  });
  return all;
}

std::vector<Quoted> unmarked_code(const fs::path& document) {
  static const std::regex command(R"( {4,}(ssd[a-z]+|cmake|tools/|build/|tests/)[^ ]* .*)");
  std::vector<Quoted> all;
  bool marked = false;
  for_each_line(document, [&](int number, const string& line, const string& language) {
    if (language == "fence") {
      marked = !marked;
      if (marked && line == kFence) all.push_back({document.string(), number, line});
    } else if (language.empty() && std::regex_match(line, command)) {
      all.push_back({document.string(), number, line});
    }
  });
  return all;
}

std::vector<string> options_in(const string& command) {
  static const std::regex option(R"((^| )(--?[A-Za-z][-A-Za-z_0-9]*))");
  std::vector<string> all;
  for (std::sregex_iterator it(command.begin(), command.end(), option), end; it != end; ++it)
    all.push_back(it->str(2));
  return all;
}

}  // namespace tests
