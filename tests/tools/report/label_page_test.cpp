// Plots of the labels: in the page of a run, and in that of ssddata stats.
#include "tests/support/tools/report_page.h"

using Catch::Contains;
using nlohmann::json;
using tests::Outcome, tests::text_of, tests::ReportPage, tests::ResultsFiles;

TEST_CASE("the page of a run shows the labels of training and of validation") {
  const tests::TrainingPlace place;
  REQUIRE(place.train("run", "train.steps=2 eval.every_steps=0").exit_code == 0);
  const ReportPage page(place.at("run/report.html"));
  std::vector<std::string> captions;
  for (const auto& caption : page.document.select_nodes("//section[@id='data']//figcaption"))
    captions.push_back(caption.node().text().get());
  for (const char* wanted :
       {"Boxes by class.", "training: centres of boxes", "validation: centres of boxes",
        "training: sizes of boxes", "validation: sizes of boxes"}) {
    INFO(wanted);
    CHECK(std::count(captions.begin(), captions.end(), wanted) == 1);
  }
}

TEST_CASE("ssddata stats writes a page with the plots of the labels") {
  const ResultsFiles files(3);
  const auto stats = [&](const std::string& more) {
    return tests::run(fmt::format("cd {} && {} stats --annotations truth.json {}", files.at(""),
                                  tests::program("ssddata").string(), more));
  };
  const Outcome outcome = stats("--report new/l.html");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out == stats("").out);
  const ReportPage page(files.at("new/l.html"));
  CHECK(page.document.select_nodes("//section[@id='data']//svg").size() == 6);
  CHECK_THAT(page.text, Contains("the report of the labels in truth.json. ssd320 "));
  CHECK(stats("--json --report j.html").out == stats("--json").out);
  CHECK(text_of(files.at("j.html")) == page.text);

  SECTION("also of a file without labels, with a line that says so") {
    json truth = json::parse(text_of(files.at("truth.json")));
    truth["annotations"] = json::array();
    files.save(truth, json::array());
    REQUIRE(stats("--report none.html").exit_code == 0);
    CHECK_THAT(ReportPage(files.at("none.html")).text,
               Contains("There are no boxes with an area."));
  }
  SECTION("and says which labels training would leave out") {
    json truth = json::parse(text_of(files.at("truth.json")));
    truth["annotations"][0]["bbox"] = {10, 10, 0, 5};
    files.save(truth, json::array());
    REQUIRE(stats("--report some.html").exit_code == 0);
    CHECK_THAT(ReportPage(files.at("some.html")).text,
               Contains("1 of 3 (33.3 %) would take no part in training"));
  }
}
