// Inputs as people meet them: the cases beside the project, each a script that ends with PASS or
// FAIL. They are skipped where their folder is absent, or where Python lacks what they need.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/python.h"

namespace fs = std::filesystem;
using std::string;

namespace {

// Checks that fail because the project decided otherwise: case, words of the check, reason.
struct ByDesign {
  string name, failing, reason;
};
const std::vector<ByDesign> kByDesign{
    {"01-exif-orientation", "exit 0",
     "it wants training to refuse labels of the upright picture; docs/decisions.md, 39: pictures "
     "are turned upright, so these labels are right"},
};

// SSD_CASES names the folder where the project lies elsewhere.
fs::path cases_folder() {
  const char* named = std::getenv("SSD_CASES");
  const fs::path folder =
      named && *named ? fs::path(named) : tests::source_dir().parent_path() / "shared" / "cases";
  return fs::exists(folder / "env.sh") ? folder : fs::path();
}

// Copies of files may lack links: those of case 23 are then files that hold the targets.
void restore_links(const fs::path& cases) {
  for (const auto& entry : fs::directory_iterator(cases)) {
    const fs::path split = entry.path() / "split";
    if (!fs::exists(split) || fs::is_symlink(split / "dir")) continue;
    fs::remove_all(split);
    const tests::Outcome made = tests::run("cd '" + entry.path().string() + "' && PYTHONPATH=.. " +
                                           tests::python() + " make.py");
    INFO(made.err);
    REQUIRE(made.exit_code == 0);
  }
}

std::vector<string> failing_checks(const string& output) {
  std::vector<string> failing;
  std::istringstream lines(output);
  const string mark = "  FAIL: ";
  for (string line; std::getline(lines, line);)
    if (line.starts_with(mark)) failing.push_back(line.substr(mark.size()));
  return failing;
}

bool is_by_design(const string& name, const string& check) {
  return std::any_of(kByDesign.begin(), kByDesign.end(), [&](const ByDesign& d) {
    return d.name == name && check.starts_with(d.failing);
  });
}

void run_case(const fs::path& folder) {
  const string name = folder.filename().string();
  const tests::Outcome outcome = tests::run(
      "cd '" + tests::source_dir().string() + "' && BIN='" + tests::program("").string() +
      "' PROJECT='" + tests::source_dir().string() + "' PY='" + tests::python() +
      "' timeout 400 bash '" + (folder / "run.sh").string() + "'");
  const std::vector<string> failing = failing_checks(outcome.out);
  INFO(name << ", exit code " << outcome.exit_code << "\n" << outcome.out << outcome.err);
  for (const string& check : failing) {
    INFO(check);
    CHECK(is_by_design(name, check));
  }
  for (const ByDesign& d : kByDesign)
    if (d.name == name) CHECK(failing.size() > 0);  // else it belongs into the list no more
  CHECK(outcome.exit_code == (failing.empty() ? 0 : 1));
}

}  // namespace

TEST_CASE("the cases beside the project pass, but for those that fail by design") {
  const fs::path shared = cases_folder();
  if (shared.empty()) {
    WARN("skipped: no shared/cases beside the project, and SSD_CASES names no folder of them");
    return;
  }
  if (!tests::python_has("numpy, PIL", "the cases")) return;
  const tests::TemporaryFolder copy;
  const fs::path cases = copy.path() / "cases";
  const tests::Outcome copied = tests::run("cp -r '" + shared.string() + "' '" + cases.string() +
                                           "' && chmod -R u+w '" + cases.string() + "'");
  INFO(copied.err);
  REQUIRE(copied.exit_code == 0);
  restore_links(cases);
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(cases))
    if (fs::exists(entry.path() / "run.sh")) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) run_case(folder);
  for (const ByDesign& d : kByDesign) {
    INFO(d.name << ": " << d.reason);
    CHECK(fs::exists(cases / d.name));
  }
}
