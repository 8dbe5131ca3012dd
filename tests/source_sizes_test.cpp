// The sizes of files, functions and folders that this project allows itself, measured on the
// sources.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/paths.h"

namespace fs = std::filesystem;
using std::string;
using Lines = std::vector<string>;

namespace {

struct Source {
  string path;  // relative to the root
  Lines lines;
};

const Lines kProduct{"kernels", "engine", "data", "model", "tools"};

std::vector<Source> sources(const Lines& folders = kProduct) {
  const std::set<string> endings{".h", ".cpp", ".cu"};
  std::vector<Source> all;
  for (const string& folder : folders)
    for (const auto& entry : fs::recursive_directory_iterator(tests::source_dir() / folder)) {
      if (!endings.contains(entry.path().extension().string())) continue;
      Source source{fs::relative(entry.path(), tests::source_dir()).string(), {}};
      std::ifstream file(entry.path());
      for (string line; std::getline(file, line);) source.lines.push_back(line);
      all.push_back(source);
    }
  return all;
}

// The line without indentation, comments, and what quotes hold.
string code_of(const string& line) {
  static const std::regex quoted(R"rx("(\\.|[^"\\])*"|'(\\.|[^'\\])')rx"), comment("//.*$");
  string code = std::regex_replace(std::regex_replace(line, quoted, "\"\""), comment, "");
  code.erase(0, code.find_first_not_of(' '));
  code.erase(code.find_last_not_of(' ') + 1);
  return code;
}

bool begins_a_function(const string& code) {
  static const std::regex no_function(R"(^(if|for|while|switch|else|do|try|catch|return)\b.*)"
                                      R"(|^(namespace|struct|class|enum|union|extern)\b.*)"
                                      R"(|^[}#].*|.*=\s*\{$|.*\[[^\]]*\]\s*(\(.*\))?.*\{$)");
  if (!code.ends_with('{')) return false;
  if (code.starts_with(": ")) return true;  // the initialisers of a constructor
  return code.find(')') != string::npos && !std::regex_match(code, no_function);
}

bool is_a_function_of_one_line(const string& code) {
  static const std::regex pattern(
      R"(^(?!(if|for|while|switch|else|return)\b)[^}#].*\)[^={;]*\{.*\}$)");
  return std::regex_match(code, pattern);
}

// Whether a signature goes on in the line after this one.
bool goes_on(const string& code) {
  return !code.empty() && code[0] != '#' && string(";{}:").find(code.back()) == string::npos;
}

struct Function {
  size_t line, length;  // the first line, from 1; lines, with the signature's
};

std::vector<Function> functions_of(const Lines& lines) {
  Lines code;
  for (const string& line : lines) code.push_back(code_of(line));
  std::vector<Function> all;
  for (size_t i = 0; i < code.size(); ++i) {
    if (is_a_function_of_one_line(code[i])) all.push_back({i + 1, 1});
    if (!begins_a_function(code[i])) continue;
    size_t first = i, last = i;
    while (first > 0 && goes_on(code[first - 1])) --first;
    for (int64_t depth = 0; last < code.size(); ++last) {
      depth += std::count(code[last].begin(), code[last].end(), '{');
      depth -= std::count(code[last].begin(), code[last].end(), '}');
      if (depth <= 0) break;
    }
    all.push_back({first + 1, last - first + 1});
    i = last;
  }
  return all;
}

// The value that nine of ten do not exceed.
size_t ninth_decile(std::vector<size_t> values) {
  REQUIRE(!values.empty());
  std::sort(values.begin(), values.end());
  return values[values.size() * 9 / 10];
}

}  // namespace

TEST_CASE("sizes: what counts as a function") {
  const Lines text{"namespace a {",
                   "struct S {",
                   "  int one() const { return 1; }",
                   "  S(int x,",
                   "    int y)",
                   "      : x_(x) {",
                   "    if (x) {",
                   "      y_ = \"}\";  // }",
                   "    }",
                   "  }",
                   "};",
                   "const int kValues[] = {",
                   "    f(1)};",
                   "void f() {",
                   "  auto g = [](int x) {",
                   "    return x;",
                   "  };",
                   "}",
                   "}  // namespace a"};
  const std::vector<Function> found = functions_of(text);
  REQUIRE(found.size() == 3);
  CHECK((found[0].line == 3 && found[0].length == 1));
  CHECK((found[1].line == 4 && found[1].length == 7));
  CHECK((found[2].line == 14 && found[2].length == 5));
}

TEST_CASE("sizes: functions are short") {
  std::vector<size_t> lengths;
  for (const Source& source : sources())
    for (const Function& function : functions_of(source.lines)) {
      INFO(source.path << ":" << function.line);
      CHECK(function.length <= 60);
      lengths.push_back(function.length);
    }
  CHECK(lengths.size() > 1000);
  CHECK(ninth_decile(lengths) <= 20);
}

TEST_CASE("sizes: files are short") {
  std::vector<size_t> lengths;
  for (const Source& source : sources()) {
    INFO(source.path);
    CHECK(source.lines.size() <= 400);
    lengths.push_back(source.lines.size());
  }
  CHECK(ninth_decile(lengths) <= 170);
}

TEST_CASE("sizes: a folder can be seen at a glance") {
  std::map<string, std::set<string>> folders;  // a header and its source count once
  Lines all = kProduct;
  all.insert(all.end(), {"tests", "benchmarks"});
  for (const Source& source : sources(all)) {
    const fs::path path(source.path);
    folders[path.parent_path().string()].insert(path.stem().string());
  }
  for (const auto& [folder, stems] : folders) {
    INFO(folder);
    CHECK(stems.size() <= 40);
  }
}
