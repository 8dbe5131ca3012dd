// A file of a run that is damaged costs its own part of the report, and not the rest of the page.
#include <fstream>
#include <functional>

#include "engine/base/error.h"
#include "tests/support/tools/report_page.h"
#include "tests/support/tools/training_job.h"
#include "tools/report/page.h"
#include "tools/report/training_table.h"
#include "tools/run/run_page.h"

using Catch::Contains;
using tests::ReportPage, tests::text_of, tests::write_text;

namespace {

// Half of a file's bytes, as if its writing had been cut off.
void cut(const std::string& path) {
  const std::string text = text_of(path);
  REQUIRE(text.size() > 20);
  write_text(path, text.substr(0, text.size() / 2));
}

struct Damage {
  const char* file;
  std::function<void(const std::string& path)> apply;
  const char* words;  // of the page
};

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all{
      {"metrics.json", cut, "metrics.json: is no whole JSON object"},
      {"metrics.json", [](const std::string& p) { write_text(p, "[1, 2]"); },
       "metrics.json: is no whole JSON object"},
      {"detections.json", cut, "This part is missing: "},
      {"env.json", cut, "env.json: is no whole JSON"},
      {"results.csv",
       [](const std::string& p) { std::ofstream(p, std::ios::app) << "1,2\n2,x,y\n"; },
       "2 damaged rows are left out"}};
  return all;
}

void check_sections(const ReportPage& page, const std::string& without) {
  for (const char* id : {"curves", "metrics", "precision", "classes", "confusion", "pictures",
                         "data", "config", "environment"}) {
    const bool is_of_evaluation =
        std::string("precision classes confusion pictures").find(id) != std::string::npos;
    if (without == "detections.json" && is_of_evaluation) continue;
    CHECK_THAT(page.text, Contains(fmt::format("<section id=\"{}\">", id)));
  }
}

}  // namespace

TEST_CASE("a damaged file costs its own part of the page, and never the page") {
  tests::TrainingJob job;
  REQUIRE(job.train("whole", {"train.steps=4", "log.every_steps=1"}));
  const config::RunConfig config = config::load_run_config("tiny.json", {});
  const run::TrainingData data = run::load_training_data(config, nullptr);
  for (const Damage& damage : damages()) {
    CAPTURE(damage.file, damage.words);
    std::filesystem::remove_all("run");
    std::filesystem::copy("whole", "run", std::filesystem::copy_options::recursive);
    damage.apply(std::string("run/") + damage.file);
    const run::RunFolder folder = run::RunFolder::open("run", {"test"});
    run::RunPage writer(folder, config, data);
    CHECK(writer.write({.step = 4, .total_steps = 5, .words = "waiting"}) == "");
    const ReportPage page("run/report.html");
    CHECK_THAT(page.text, Contains(damage.words) && Contains("step 4 of 5: waiting"));
    check_sections(page, damage.file);
  }
}

TEST_CASE("results.csv: rows that are damaged are left out and counted") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "results.csv";
  const auto read = [&](const std::string& text) {
    write_text(path, text);
    return report::read_training_table(path);
  };
  CHECK(report::read_training_table(path).problem.empty());  // no file
  CHECK(read("").problem.empty());
  CHECK(read("step,a,b\n1,2,\n2,3").problem.empty());  // the last line is being written
  CHECK(read("step,a,b\n1,2,\n2,3").rows.size() == 1);
  const report::TrainingTable damaged = read("step,a,b\n1,2\n2,3,4x\n3,nan,5\n4,5,6\n");
  CHECK(damaged.rows.size() == 2);
  CHECK(damaged.points("b") == std::vector<std::pair<double, double>>{{3, 5}, {4, 6}});
  CHECK_THAT(damaged.problem, Contains("2 damaged rows"));
  CHECK_THAT(read(std::string("\0\1\n1\n", 6)).problem, Contains("does not begin with"));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK_THAT(report::read_training_table(path).problem, Contains("cannot be shown"));
}

TEST_CASE("what a section throws becomes its text") {
  const auto text = [](const std::function<std::string()>& make) {
    return report::section_or_reason("a", "A", make);
  };
  CHECK(text([] { return std::string("whole"); }) == "whole");
  CHECK_THAT(text([]() -> std::string { throw std::runtime_error("no <memory>"); }),
             Contains("<section id=\"a\">") && Contains("missing: no &lt;memory&gt;"));
  CHECK_THAT(text([]() -> std::string { throw 1; }), Contains("missing: an unknown error"));
}
