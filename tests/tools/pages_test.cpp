// The manual pages and the completions of shells: they are made from the options, and all are
// there.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

using Catch::Contains;
using std::string;
using tests::Outcome;

namespace {

string output_of(const string& program, const string& arguments) {
  const Outcome outcome = tests::run(tests::program(program).string() + " " + arguments);
  INFO(program << " " << arguments << "\n" << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return outcome.out;
}

// What follows `title` in a help, line by line, without the blanks before.
std::vector<string> lines_under(const string& help, const string& title) {
  std::vector<string> found;
  std::istringstream lines(help);
  bool inside = false;
  for (string line; std::getline(lines, line);) {
    if (!line.starts_with(' ')) inside = line == title;
    if (inside && line.starts_with("  ") && line[2] != ' ') found.push_back(line.substr(2));
  }
  return found;
}

std::vector<string> commands_of(const string& program) {
  std::vector<string> names;
  for (const string& line : lines_under(output_of(program, "-h"), "Subcommands:"))
    names.push_back(line.substr(0, line.find(' ')));
  return names;
}

// The names in lines such as "-h,--help   Print ..." and "--a,--no-a{false} ...".
std::vector<string> options_of(const string& help) {
  std::vector<string> names;
  for (const string& line : lines_under(help, "Options:")) {
    std::istringstream parts(line.substr(0, line.find(' ')));
    for (string name; std::getline(parts, name, ',');)
      names.push_back(name.substr(0, name.find('{')));
  }
  return names;
}

// A program and each of its commands; "" is the program itself.
std::vector<string> scopes_of(const string& program) {
  std::vector<string> scopes = commands_of(program);
  scopes.insert(scopes.begin(), "");
  return scopes;
}

bool has_word(const string& text, const string& word) {
  const auto part_of_word = [](char c) { return std::isalnum(c) || c == '-'; };
  for (size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) {
    const size_t end = at + word.size();
    if ((at == 0 || !part_of_word(text[at - 1])) &&
        (end == text.size() || !part_of_word(text[end])))
      return true;
  }
  return false;
}

string without_roff(string text) {
  for (size_t at; (at = text.find("\\-")) != text.npos;) text.erase(at, 1);
  return text;
}

// What stands in a text between these; nothing if it has no `first`.
string between(const string& text, const string& first, const string& last) {
  const size_t at = text.find(first);
  if (at == text.npos) return {};
  const size_t begin = at + first.size(), end = text.find(last, begin);
  return text.substr(begin, end == text.npos ? end : end - begin);
}

// The part of a manual page about a command, whose heading is its usage.
string man_part_of(const string& page, const string& command) {
  for (const char* after : {" ", "\n"}) {
    const string part = between(page, "\n.SS " + command + after, "\n.S");
    if (!part.empty()) return part;
  }
  return {};
}

bool there_is(const string& program) {
  if (tests::run("command -v " + program).exit_code == 0) return true;
  WARN("skipped: there is no " << program);
  return false;
}

// What bash would offer for the last of these words.
std::set<string> offered(const string& program, const std::vector<string>& words,
                         const string& folder = ".") {
  string array;
  for (const string& word : words) array += " '" + word + "'";
  const Outcome outcome =
      tests::run("cd '" + folder + "' && bash -c 'eval \"$(" + tests::program(program).string() +
                 " --print-bash-completion)\"; complete -p " + program + " >&2; COMP_WORDS=(" +
                 program + " \"$@\"); COMP_CWORD=" + std::to_string(words.size()) + "; _" +
                 program + "; printf \"%s\\n\" \"${COMPREPLY[@]}\"' _" + array);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err == "complete -F _" + program + " " + program + "\n");
  std::set<string> found;
  std::istringstream lines(outcome.out);
  for (string line; std::getline(lines, line);)
    if (!line.empty()) found.insert(line);
  return found;
}

using Words = std::set<string>;

}  // namespace

TEST_CASE("every option of every command is in that command's part of the manual page") {
  for (const string& program : tests::all_programs()) {
    const string page = without_roff(output_of(program, "--print-man-page"));
    for (const string& command : scopes_of(program)) {
      CAPTURE(program, command);
      const string part = command.empty() ? between(page, ".SH OPTIONS\n", "\n.SH ")
                                          : man_part_of(page, program + " " + command);
      const std::vector<string> options = options_of(output_of(program, command + " -h"));
      CHECK(!options.empty());
      for (const string& option : options) {
        CAPTURE(option);
        CHECK(has_word(part, option));
      }
    }
  }
}

TEST_CASE("every option of every command is in that command's part of the completions") {
  if (!there_is("bash")) return;
  for (const string& program : tests::all_programs()) {
    const string zsh = output_of(program, "--print-zsh-completion");
    const std::vector<string> commands = commands_of(program);
    const std::set<string> offered_commands = offered(program, {""});
    for (const string& command : scopes_of(program)) {
      CAPTURE(program, command);
      const std::vector<string> before =
          command.empty() ? std::vector<string>{"-"} : std::vector<string>{command, "-"};
      const std::set<string> bash = offered(program, before);
      const string part = command.empty() ? zsh : between(zsh, "\n      " + command + ")\n", ";;");
      if (!command.empty()) CHECK(offered_commands.contains(command));
      if (!command.empty()) CHECK(has_word(between(zsh, "'1:command:", "\n"), command));
      for (const string& option : options_of(output_of(program, command + " -h"))) {
        CAPTURE(option);
        CHECK(bash.contains(option));
        CHECK(has_word(part, option));
      }
    }
  }
}

TEST_CASE("man shows the pages without a warning") {
  if (!there_is("man")) return;
  const tests::TemporaryFolder folder;
  for (const string& program : tests::all_programs()) {
    CAPTURE(program);
    const string file = folder.path() / (program + ".1");
    std::ofstream(file) << output_of(program, "--print-man-page");
    const Outcome shown =
        tests::run("LC_ALL=C.UTF-8 MANWIDTH=80 MANROFFOPT='' man --warnings=w -l " + file);
    CHECK(shown.exit_code == 0);
    CHECK(shown.err.empty());
    CHECK_THAT(shown.out, Contains("EXIT STATUS") && Contains("EXAMPLES"));
    for (const string& command : scopes_of(program))
      for (const string& option : options_of(output_of(program, command + " -h"))) {
        CAPTURE(command, option);
        CHECK(has_word(shown.out, option));
      }
    if (there_is("lexgrog"))  // what mandb lists
      CHECK_THAT(tests::run("lexgrog " + file).out, Contains("\"" + program + " - "));
  }
}

TEST_CASE("bash completes options, commands, values and files") {
  if (!there_is("bash")) return;
  const tests::TemporaryFolder folder;
  const string place = folder.path();
  std::ofstream(place + "/my config.json");
  std::filesystem::create_directory(folder.path() / "my folder");

  CHECK(offered("ssdtrain", {"--dev"}) == Words{"--device"});
  CHECK(offered("ssdtrain", {"--print"}) == Words{"--print-config"});
  CHECK(offered("ssdtrain", {"--config", "m"}, place) == Words{"my config.json", "my folder"});
  CHECK(offered("ssdtrain", {"--config", "=", "m"}, place) == Words{"my config.json", "my folder"});
  CHECK(offered("ssdtrain", {"--output-dir", "m"}, place) == Words{"my folder"});
  CHECK(offered("ssdtrain", {"--resume", "a"}, place) == Words{"auto"});
  CHECK(offered("ssdtrain", {"--seed", ""}, place).empty());
  CHECK(offered("ssddetect", {"m"}, place) == Words{"my config.json", "my folder"});
  CHECK(offered("ssdexport", {"--nms", ""}, place) == Words{"none", "onnx", "trt"});

  const Words devices{"auto", "cpu", "cuda"}, precisions{"bf16", "fp16", "fp32", "tf32"};
  for (const string program : {"ssdtrain", "ssdeval", "ssddetect"})
    CHECK(offered(program, {"--device", ""}, place) == devices);
  CHECK(offered("ssdtrain", {"--precision", ""}, place) == precisions);
  CHECK(offered("ssdtrain", {"--precision", "=", "f"}, place) == Words{"fp16", "fp32"});
  CHECK(offered("ssddata", {"split", "--by", ""}, place) == Words{"folder", "image"});
  CHECK(offered("ssddata", {"check", "--label-map", "c"}, place) == Words{"coco"});

  CHECK(offered("ssddata", {"s"}) == Words{"show", "split", "stats", "synth"});
  CHECK(offered("ssddata", {"synth", "--tr"}) == Words{"--train"});
  CHECK(offered("ssddata", {"check", "--exif", ""}) == Words{"stored", "upright"});
  CHECK(offered("ssddata", {"check", "--str"}) == Words{"--strict"});
  CHECK(offered("ssddata", {"check", "--images", "m"}, place) == Words{"my folder"});
}

TEST_CASE("bash offers the values of every option that takes a few words only") {
  if (!there_is("bash")) return;
  for (const string& program : tests::all_programs())
    for (const string& command : scopes_of(program)) {
      const string help = output_of(program, command + " -h");
      for (const string& line : lines_under(help, "Options:")) {
        const string head = line.substr(0, line.find("  "));
        const size_t value = head.find(' ');
        if (value == string::npos) continue;
        const string type = head.substr(value + 1);
        const bool words = std::islower(type[0]) && type.find('|') != string::npos;
        if (!words && type.find(":{") == string::npos) continue;
        const string names = head.substr(0, value), name = names.substr(names.rfind(',') + 1);
        CAPTURE(program, command, line);
        std::vector<string> before{name, ""};
        if (!command.empty()) before.insert(before.begin(), command);
        CHECK(offered(program, before).size() >= 2);
      }
    }
}

TEST_CASE("zsh can read its completions") {
  if (!there_is("zsh")) return;
  const tests::TemporaryFolder folder;
  for (const string& program : tests::all_programs()) {
    const string file = folder.path() / ("_" + program);
    std::ofstream(file) << output_of(program, "--print-zsh-completion");
    const Outcome outcome = tests::run("zsh -n " + file);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
  }
}

TEST_CASE("docs/programs.md has every program with its options") {
  const string page = tests::text_of(tests::source_dir() / "docs/programs.md");
  INFO("write it anew: tools/write_pages.sh build/cpu");
  for (const string& program : tests::all_programs()) {
    CAPTURE(program);
    const string section = output_of(program, "--print-markdown");
    CHECK(has_word(section, "--version"));
    const bool there = page.find(section) != string::npos;
    CHECK(there);
  }
}
