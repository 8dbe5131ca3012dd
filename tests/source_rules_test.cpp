// The layering, lengths and forbidden words of docs/architecture.md, read off the sources.
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

namespace {

struct Source {
  string path, folder;  // relative to the root; its first component
  std::vector<string> lines;
};

std::vector<Source> sources() {
  const std::set<string> endings{".h", ".cpp", ".cu"};
  std::vector<Source> all;
  for (const char* folder : {"kernels", "engine", "data", "model", "tools", "tests", "benchmarks"})
    for (const auto& entry : fs::recursive_directory_iterator(tests::source_dir() / folder)) {
      if (!endings.contains(entry.path().extension().string())) continue;
      Source source{fs::relative(entry.path(), tests::source_dir()).string(), folder, {}};
      std::ifstream file(entry.path());
      for (string line; std::getline(file, line);) source.lines.push_back(line);
      all.push_back(source);
    }
  return all;
}

// Characters, not the bytes of UTF-8.
size_t columns_of(const string& line) {
  return size_t(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool is_comment(const string& line) {
  size_t first = line.find_first_not_of(' ');
  return first != string::npos && line.compare(first, 2, "//") == 0;
}

// The layers, and what each may include. A folder that is not listed belongs to its parent.
const std::map<string, std::set<string>> kMayInclude{
    {"engine/base", {"engine/base"}},
    {"kernels", {"kernels"}},
    {"engine", {"engine", "engine/base", "kernels"}},
    {"data", {"data", "engine/base", "kernels"}},
    {"model", {"model", "engine", "engine/base", "kernels"}},
    {"tools/config", {"tools/config", "model", "data", "engine", "engine/base", "kernels"}},
    {"tools/logs", {"tools/logs", "data", "engine/base"}},
    {"tools/report", {"tools/report", "data", "engine/base"}},
    {"tools/run",
     {"tools/run", "tools/report", "tools/config", "tools/logs", "model", "data", "engine",
      "engine/base", "kernels"}},
    {"tools/library",
     {"tools/library", "tools/run", "tools/report", "tools/config", "tools/logs", "model", "data",
      "engine", "engine/base", "kernels"}},
    {"tools",
     {"tools", "tools/run", "tools/report", "tools/config", "tools/logs", "model", "data", "engine",
      "engine/base", "kernels"}},
};

// The longest listed folder that the path lies in; else its first folder.
string layer_of(const string& path) {
  string layer = path.substr(0, path.find('/'));
  for (const auto& [folder, allowed] : kMayInclude)
    if (path.starts_with(folder + "/") && folder.size() > layer.size()) layer = folder;
  return layer;
}

// Headers that hold kernels: simt.h and those in kernels/ that include it. Both compilers would
// translate their templates differently, so only .cu files, and each other, may include them.
std::set<string> kernel_launchers(const std::vector<Source>& all) {
  std::set<string> found{"kernels/simt.h"};
  for (const Source& source : all)
    if (source.folder == "kernels" && source.path.ends_with(".h"))
      for (const string& line : source.lines)
        if (line.starts_with("#include \"kernels/simt")) found.insert(source.path);
  return found;
}

}  // namespace

TEST_CASE("includes point downwards only") {
  std::vector<Source> all = sources();
  REQUIRE(all.size() > 50);
  const std::regex include(R"re(^\s*#include "([^"]+/[^"]+)")re");
  for (const Source& source : all) {
    auto allowed = kMayInclude.find(layer_of(source.path));
    if (allowed == kMayInclude.end()) continue;  // tests and benchmarks may include everything
    for (const string& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      INFO(source.path << ": " << line);
      CHECK(allowed->second.contains(layer_of(match[1])));
    }
  }
}

TEST_CASE("readers of formats do not include the checks of what they read") {
  for (const Source& source : sources())
    for (const string& line : source.lines) {
      INFO(source.path);
      CHECK_FALSE(
          (source.path.starts_with("data/formats/") && line.starts_with("#include \"data/check/")));
    }
}

TEST_CASE("the folders of the programs do not include each other") {
  const std::set<string> programs{"tools/data", "tools/detect", "tools/eval", "tools/export"};
  const std::regex include(R"re(^\s*#include "([^"]+)/[^"/]+")re");
  for (const Source& source : sources()) {
    string folder = source.path.substr(0, source.path.rfind('/'));
    if (!programs.contains(folder)) continue;
    for (const string& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      INFO(source.path << ": " << line);
      CHECK((match[1] == folder || !programs.contains(match[1])));
    }
  }
}

TEST_CASE("kernels are seen by .cu files and their own tests only") {
  std::vector<Source> all = sources();
  const std::regex include(R"re(^\s*#include "([^"]+/[^"]+)")re");
  const std::set<string> launchers = kernel_launchers(all);
  for (const Source& source : all) {
    if (source.path.ends_with(".cu") || launchers.contains(source.path) ||
        source.path.starts_with("tests/kernels/"))
      continue;
    for (const string& line : source.lines) {
      std::smatch match;
      INFO(source.path << ": " << line);
      if (std::regex_search(line, match, include)) CHECK_FALSE(launchers.contains(match[1]));
    }
  }
}

TEST_CASE("files and lines stay readable") {
  for (const Source& source : sources()) {
    INFO(source.path);
    CHECK(source.lines.size() <= 400);
    size_t number = 0;
    for (const string& line : source.lines) {
      ++number;
      INFO("line " << number);
      CHECK(line.size() <= 100);
      CHECK(line.find('\t') == string::npos);
    }
  }
}

// Tables and headings cannot be broken; text can.
TEST_CASE("documents are wrapped") {
  size_t documents = 0;
  std::vector<fs::path> files{tests::source_dir() / "README.md"};
  for (const char* folder : {"docs", "configs", "benchmarks", "tests", "tools"})
    for (const auto& entry : fs::recursive_directory_iterator(tests::source_dir() / folder))
      files.push_back(entry.path());
  for (const fs::path& path : files) {
    if (path.extension() != ".md") continue;
    ++documents;
    std::ifstream file(path);
    size_t number = 0;
    for (string line; std::getline(file, line);) {
      ++number;
      if (line.starts_with("|") || line.starts_with("#")) continue;
      INFO(path.string() << ":" << number);
      CHECK(columns_of(line) <= 100);
    }
  }
  CHECK(documents > 20);
}

TEST_CASE("words that belong to one place stay there") {
  struct Rule {
    std::regex word;
    std::regex allowed_paths;
    std::set<string> folders;  // where the rule applies
  };
  const std::set<string> core{"kernels", "engine", "data", "model"};
  const std::set<string> programs{"kernels", "engine", "data", "model", "tools"};
  const std::set<string> all{"kernels", "engine", "data", "model", "tools", "tests", "benchmarks"};
  const std::vector<Rule> rules{
      {std::regex(R"(cudaStream_t|cudnn|cublas)"),
       std::regex(R"(_cuda\.cpp$|^engine/cu(dnn|blaslt)/|kernels/device\.h$)"), core},
      {std::regex(R"(__CUDACC__)"), std::regex(R"(^kernels/)"), core},
      {std::regex(R"(\bmalloc\(|\bnew [A-Za-z:]+[\[({])"), std::regex(R"(backend_)"), programs},
      {std::regex(R"(\bgetenv\b)"), std::regex(R"(^tools/)"), programs},
      {std::regex(R"(\bCLI(/|::|11_))"),
       std::regex(R"(^tools/options(/(help_format|line_fault))?\.)"), all},
      {std::regex(R"(catch2/)"),
       std::regex(R"(^tests/(catch_main|support/catch|source_rules_test)\.)"),
       {"tests"}},
      {std::regex(R"(\bTODO\b|\bFIXME\b|\bXXX\b)"), std::regex(R"(^$)"), programs},
      {std::regex(R"(atomicAdd|std::rand\b|\brand\(\))"), std::regex(R"(^$)"), programs},
      {std::regex(R"(dnnl)"), std::regex(R"(onednn|^tools/|^benchmarks/|^tests/)"), programs},
  };
  for (const Source& source : sources())
    for (const Rule& rule : rules) {
      if (!rule.folders.contains(source.folder) ||
          std::regex_search(source.path, rule.allowed_paths))
        continue;
      for (const string& line : source.lines) {
        INFO(source.path << ": " << line);
        if (!is_comment(line)) CHECK_FALSE(std::regex_search(line, rule.word));
      }
    }
}

// CUDA's default stream would not wait for a queue's work, nor the queue for its.
TEST_CASE("a kernel starts in the stream of its queue") {
  int launches = 0;
  for (const Source& source : sources())
    for (const string& line : source.lines) {
      if (source.folder == "tests" || line.find("<<<") == string::npos) continue;
      INFO(source.path << ": " << line);
      CHECK(line.find("cudaStream_t(q.stream)>>>") != string::npos);
      ++launches;
    }
  CHECK(launches == 2);
}

TEST_CASE("no file is named after nothing in particular") {
  const std::regex vague(R"((^|_)(utils?|common|helpers?|misc|manager)(_|\.))");
  for (const Source& source : sources()) {
    INFO(source.path);
    CHECK_FALSE(std::regex_search(fs::path(source.path).filename().string(), vague));
  }
}
