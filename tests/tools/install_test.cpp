// What `cmake --install` puts in place, and that it works there.
#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/support/catch.h"
#include "tests/support/paths.h"

namespace fs = std::filesystem;
using tests::Outcome;

namespace {

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// Of this build, in a folder of its own.
class Installation {
 public:
  Installation() {
    const fs::path build = tests::program("").parent_path().parent_path();
    const Outcome outcome = tests::run(quoted(SSD_CMAKE) + " --install " + quoted(build) +
                                       " --prefix " + quoted(prefix()));
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
  }

  fs::path prefix() const { return folder_.path() / "usr"; }

  // Outside the project, with an empty environment.
  Outcome run(const std::string& program, const std::string& arguments) const {
    return tests::run("cd " + quoted(folder_.path()) + " && env -i " +
                      quoted(prefix() / "bin" / program) + " " + arguments);
  }

 private:
  tests::TemporaryFolder folder_;
};

void check_done(const Outcome& outcome) {
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
}

}  // namespace

TEST_CASE("installed programs are those of the build") {
  const Installation installed;
  for (const char* name : {"ssdtrain", "ssdeval", "ssddetect", "ssddata", "ssdexport"}) {
    CAPTURE(name);
    const Outcome outcome = installed.run(name, "--version");
    check_done(outcome);
    CHECK(outcome.out == tests::run(quoted(tests::program(name)) + " --version").out);
  }
}

TEST_CASE("installed programs run with the installed configurations") {
  const Installation installed;
  const fs::path configs = installed.prefix() / "share/ssd320/configs";
  for (const auto& file : fs::recursive_directory_iterator(tests::source_dir() / "configs")) {
    CAPTURE(file.path());
    CHECK(fs::exists(configs / fs::relative(file.path(), tests::source_dir() / "configs")));
  }
  check_done(installed.run("ssddata", "synth data/shapes --train 16 --val 4"));
  check_done(installed.run("ssdtrain", "--config " + quoted(configs / "shapes_demo.json") +
                                           " train.steps=1 train.schedule.warmup_steps=0"));
  CHECK(fs::exists(installed.prefix().parent_path() / "runs/shapes_demo/1/metrics.json"));
}

TEST_CASE("the installed README's links to documents lead somewhere") {
  const Installation installed;
  const fs::path folder = installed.prefix() / "share/doc/ssd320";
  std::ifstream readme(folder / "README.md");
  const std::string text(std::istreambuf_iterator<char>(readme), {});
  const std::regex link(R"(\]\((docs/[^)#]+))");
  int links = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), link), end; it != end; ++it, ++links) {
    CAPTURE(it->str(1));
    CHECK(fs::exists(folder / it->str(1)));
  }
  CHECK(links > 5);
  CHECK(fs::exists(folder / "LICENSE"));
}
