// The HTML reports of ssdeval and ssdtrain: whole, harmless, alone, and with the right numbers.
#include <map>

#include "tests/support/tools/report_page.h"

using Catch::Contains;
using nlohmann::json;
using tests::Outcome, tests::text_of, tests::ReportPage, tests::ResultsFiles;

TEST_CASE("the report of a results file has the numbers of --json, and the same bytes twice") {
  const int classes = GENERATE(1, 3, 12, 200);
  const ResultsFiles files(classes);
  const Outcome first = files.evaluate("--report new/a.html");
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  const ReportPage page(files.at("new/a.html"));
  check_metrics(page, json::parse(first.out));
  REQUIRE(files.evaluate("--report b.html").exit_code == 0);
  CHECK(page.text == text_of(files.at("b.html")));
  CHECK(page.images == 0);  // the images do not exist, and the page says so
  CHECK_THAT(page.text, Contains("i1.jpg: "));
  CHECK(page.text.size() < 4'000'000);
}

TEST_CASE("names of classes and files cannot become markup") {
  const std::string evil = "</script><script>alert(1)</script><img src=x onerror='a'>\"&\x01 ";
  const ResultsFiles files(3, evil, "<b onclick=\"x\">&");
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const ReportPage page(files.at("a.html"));
  CHECK_THAT(page.rows("classes").at(0).at(0), Contains("</script><script>alert(1)"));
  CHECK_THAT(page.text, !Contains("<img") && !Contains("<b ") && !Contains("<script>alert"));
}

TEST_CASE("a report of nothing says so") {
  const ResultsFiles files(2);
  json truth = json::parse(text_of(files.at("truth.json")));
  truth["annotations"] = json::array();
  files.save(truth, json::array());
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const ReportPage page(files.at("a.html"));
  CHECK_THAT(page.text, Contains("There is no metric: ") && Contains("No image has an object"));
  CHECK(page.rows("metrics").at(0).at(1) == "-");
}

TEST_CASE("a report replaces no file that exists, and no input") {
  const ResultsFiles files(2);
  std::ofstream(files.at("old.html")) << "mine";
  const Outcome kept = files.evaluate("--report old.html");
  CHECK(kept.exit_code == 2);
  CHECK_THAT(kept.err, Contains("--report"));
  CHECK(text_of(files.at("old.html")) == "mine");
  CHECK(files.evaluate("--report old.html --overwrite").exit_code == 0);
  CHECK(files.evaluate("--report truth.json --overwrite").exit_code == 2);
}

TEST_CASE("a training run keeps its report up to date") {
  const tests::TrainingPlace place;
  const Outcome trained = place.train("run", "train.steps=8 log.every_steps=2");
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const ReportPage page(place.at("run/report.html"));
  check_metrics(page, json::parse(text_of(place.at("run/metrics.json"))));
  CHECK(page.images > 0);
  CHECK_THAT(page.text, Contains("Losses of the training batches") &&
                            Contains("step 8 of 8: done") && !Contains("http-equiv=\"refresh\""));
  for (const char* part : {"curves", "precision", "confusion", "histograms", "data", "config"})
    CHECK_THAT(page.text, Contains(fmt::format("<section id=\"{}\">", part)));

  SECTION("going on shows the evaluation that the folder holds") {
    const Outcome more =
        place.ssdtrain("--resume run train.steps=10 eval.every_steps=0 log.every_steps=2");
    INFO(more.err);
    REQUIRE(more.exit_code == 0);
    const ReportPage resumed(place.at("run/report.html"));
    check_metrics(resumed, json::parse(text_of(place.at("run/metrics.json"))));
    CHECK_THAT(resumed.text, Contains("step 10 of 10: done"));
  }
}

TEST_CASE("a run without log.report writes none, and one that is stopped says why") {
  const tests::TrainingPlace place;
  REQUIRE(place.train("none", "train.steps=2 log.report=false").exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(place.at("none/report.html")));
  REQUIRE(place.train("stopped", "time_budget_minutes=0.00001").exit_code == 75);
  CHECK_THAT(ReportPage(place.at("stopped/report.html")).text, Contains(": stopped by "));
}

TEST_CASE("a page ends with what it is about") {
  const tests::TrainingPlace place;
  REQUIRE(place.train("run", "train.steps=2 name=cells").exit_code == 0);
  const auto closing = [](const std::string& path) {
    return std::string(
        ReportPage(path).document.select_node("//body/footer/p").node().text().get());
  };
  CHECK_THAT(closing(place.at("run/report.html")),
             Contains("the report of the run cells in run. ssd320 "));
  const ResultsFiles files(2);
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  CHECK_THAT(closing(files.at("a.html")),
             Contains("the report of found.json on truth.json. ssd320 "));
}

TEST_CASE("names are shortened by letters, not by bytes") {
  const std::string letter = "\u00fc";
  std::string longest, plain(170, 'u');
  for (int i = 0; i < 170; ++i) longest += letter;
  const ResultsFiles files(2, longest), plain_files(2, plain);
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  REQUIRE(plain_files.evaluate("--report a.html").exit_code == 0);
  const ReportPage page(files.at("a.html")), same(plain_files.at("a.html"));
  CHECK(page.rows("classes").at(0).at(0) == longest.substr(0, 160 * letter.size()) + "...");
  CHECK_THAT(page.text, Contains(longest.substr(0, 15 * letter.size()) + "\u2026<"));
  // A letter of two bytes takes as much room as one of one byte.
  const auto box = [](const ReportPage& p) {
    return std::string(
        p.document.select_node("//section[@id='confusion']//svg/@viewBox").attribute().value());
  };
  CHECK(!box(page).empty());
  CHECK(box(page) == box(same));
}

TEST_CASE("a score threshold is recommended only if it leaves out what is wrong") {
  const ResultsFiles files(3);
  const json truth = json::parse(text_of(files.at("truth.json")));
  const json found = json::parse(text_of(files.at("found.json")));
  const auto text_for = [&](const char* key, const json& value) {
    json changed = found;
    for (json& detection : changed) detection[key] = value;
    files.save(truth, changed);
    REQUIRE(files.evaluate("--report a.html --overwrite").exit_code == 0);
    return ReportPage(files.at("a.html")).text;
  };
  const std::string good = "It is a good first value for ssddetect --score-threshold.";
  CHECK_THAT(text_for("image_id", 1), Contains(good));
  CHECK_THAT(text_for("bbox", {70, 40, 5, 5}),
             Contains("No detection is right at IoU 0.5, so no score") && !Contains(good));
  CHECK_THAT(text_for("score", 0.004),
             Contains("F1 is highest if no detection is left out: ") && !Contains(good));
}

TEST_CASE("the classes of a checkpoint's report are those of the data and those of the model") {
  const tests::TrainingPlace place;
  REQUIRE(place.train("run", "train.steps=2 eval.every_steps=0").exit_code == 0);
  json truth = tests::annotations_of(place, "val");
  const int64_t lost = truth["categories"][0]["id"];
  const std::string lost_name = truth["categories"][0]["name"];
  truth["categories"][0] = {{"id", lost}, {"name", "gear"}};  // instead of the model's class
  std::ofstream(place.at("other.json")) << truth;
  const Outcome outcome = tests::run(
      fmt::format("cd {} && {} --checkpoint run --annotations other.json --images data/images "
                  "--report a.html",
                  place.at(""), tests::program("ssdeval").string()));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const ReportPage page(place.at("a.html"));
  std::map<std::string, std::string> found_in;
  for (const auto& row : page.rows("classes")) found_in[row.at(0)] = row.at(8);
  CHECK(found_in.size() == truth["categories"].size() + 1);
  CHECK(found_in["gear"] == "data only");
  CHECK(found_in[lost_name] == "model only");
  CHECK(std::count_if(found_in.begin(), found_in.end(), [](const auto& entry) {
          return entry.second == "data and model";
        }) == int64_t(truth["categories"].size()) - 1);
  CHECK_THAT(page.text, Contains("The model lacks 1 of the 3 classes of the data") &&
                            Contains("The data lacks 1 of the model&#39;s classes"));
}

TEST_CASE("the table of the data sets has the classes of training and of validation") {
  const tests::TrainingPlace place;
  json val = tests::annotations_of(place, "val");
  val["categories"].push_back({{"id", 77}, {"name", "only here"}});
  const std::string data = tests::use_annotations(place, "val", "more", val);
  REQUIRE(place.train("run", "train.steps=2" + data).exit_code == 0);
  const ReportPage page(place.at("run/report.html"));
  const auto row =
      page.document.select_node("//section[@id='data']//details//tr[td[1]='only here']");
  REQUIRE(row);
  const auto cells = row.node().children("td");
  CHECK(std::vector<std::string>{std::next(cells.begin())->text().get(),
                                 std::next(cells.begin(), 3)->text().get()} ==
        std::vector<std::string>{"-", "0"});
}

TEST_CASE("pictures and rows of a table are limited, and the page says so") {
  const tests::TrainingPlace place(1, 1);
  const auto images = tests::annotations_of(place, "val")["images"];
  // 40 images with 100 objects each that are taken for another class. Their names take most room
  // where they are escaped.
  ResultsFiles files(1100, std::string(150, '&'));
  json truth = json::parse(text_of(files.at("truth.json")));
  truth["annotations"] = json::array();
  json found = json::array();
  for (int i = 0; i < 4000; ++i) {
    const json box{i % 80, i % 50, 10, 10};
    found.push_back({{"image_id", i / 100 + 1}, {"category_id", 2}, {"bbox", box}, {"score", 0.9}});
    truth["annotations"].push_back({{"id", i + 1},
                                    {"image_id", i / 100 + 1},
                                    {"category_id", 1},
                                    {"area", 100},
                                    {"iscrowd", 0},
                                    {"bbox", box}});
  }
  for (json& image : truth["images"])
    for (const char* key : {"file_name", "width", "height"}) image[key] = images[0][key];
  files.save(truth, found);
  const Outcome outcome = files.evaluate("--report a.html --images " + place.at("data/images"));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const ReportPage page(files.at("a.html"));
  CHECK(page.images > 10);
  CHECK(page.images < 32);
  CHECK_THAT(page.text, Contains("32 of 40 images") && Contains(" of 16 are shown: more would") &&
                            Contains("The first 1,000 of 1,100 rows are shown."));
  CHECK(page.rows("classes").size() == 1000);
  CHECK(page.text.size() < 8'000'000);
}

TEST_CASE("areas that doubles cannot hold put no nan and no inf into the page") {
  const tests::TrainingPlace place(1, 1);
  const json image = tests::annotations_of(place, "val")["images"][0];
  ResultsFiles files(2);
  json truth = json::parse(text_of(files.at("truth.json"))), found = json::array();
  for (const char* key : {"file_name", "width", "height"})
    for (json& one : truth["images"]) one[key] = image[key];
  truth["annotations"] = json::array();
  for (const double side : {1e-300, 1e200}) {
    const int id = int(truth["annotations"].size()) + 1;
    const json box{0, 0, side, side};
    found.push_back({{"image_id", id}, {"category_id", 1}, {"bbox", box}, {"score", 0.5}});
    truth["annotations"].push_back({{"id", id},
                                    {"image_id", id},
                                    {"category_id", 1},
                                    {"area", 1},
                                    {"iscrowd", 0},
                                    {"bbox", box}});
  }
  files.save(truth, found);
  const Outcome outcome = files.evaluate("--report a.html --images " + place.at("data/images"));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const ReportPage page(files.at("a.html"));
  CHECK(page.images > 0);
  CHECK_THAT(page.text, Contains(" 0.50, IoU not measurable<") &&
                            Contains(" 2 whose IoU is not measurable are left out."));
  for (const char* word : {"nan<", "inf<", "\"nan", "\"inf", "\"-nan", "\"-inf"})
    CHECK_THAT(page.text, !Contains(word));
}
