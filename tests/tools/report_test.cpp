// The HTML reports of ssdeval and ssdtrain: whole, harmless, alone, and with the right numbers.
#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "tests/support/catch.h"
#include "tests/support/tools/edited_data.h"

using Catch::Contains;
using nlohmann::json;
using tests::Outcome, tests::text_of;

namespace {

using Visit = std::function<void(const pugi::xml_node&)>;

void walk(const pugi::xml_node& node, const Visit& visit) {
  visit(node);
  for (const pugi::xml_node& child : node.children()) walk(child, visit);
}

// A page that parses, loads nothing, and runs nothing but its own script.
struct Parsed {
  explicit Parsed(const std::string& path) : text(text_of(path)) {
    const pugi::xml_parse_result result = document.load_string(text.c_str(), pugi::parse_full);
    INFO(path << ": " << result.description() << " at " << result.offset);
    REQUIRE(result);
    walk(document, [this](const pugi::xml_node& node) { check(node); });
    CHECK(scripts == 1);
    CHECK_THAT(text, !Contains("http://") && !Contains("https://"));
  }

  void check(const pugi::xml_node& node) {
    const std::string name = node.name();
    INFO(name);
    scripts += name == "script";
    images += name == "image";
    CHECK((name != "link" && name != "iframe" && name != "object" && name != "img"));
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      const std::string key = attribute.name(), value = attribute.value();
      CHECK_FALSE(key.starts_with("on"));
      CHECK(key != "src");
      if (key == "href")
        CHECK((value.starts_with("#") || value.starts_with("data:image/jpeg;base64,")));
    }
  }

  // The cells of the rows of a section's first table.
  std::vector<std::vector<std::string>> rows(const std::string& section) const {
    std::vector<std::vector<std::string>> all;
    const auto node =
        document.select_node(fmt::format("//section[@id='{}']//table/tbody", section).c_str());
    for (const pugi::xml_node& row : node.node().children("tr")) {
      all.emplace_back();
      for (const pugi::xml_node& cell : row.children("td")) all.back().push_back(cell.text().get());
    }
    return all;
  }

  std::string text;
  pugi::xml_document document;
  int scripts = 0, images = 0;
};

std::string number(double value) { return value < 0 ? "-" : fmt::format("{:.4f}", value); }

void check_metrics(const Parsed& page, const json& metrics) {
  const auto rows = page.rows("metrics");
  REQUIRE(rows.size() == 12);
  for (const auto& row : rows) CHECK(row[1] == number(metrics.at(row[0]).get<double>()));
  const auto classes = page.rows("classes");
  REQUIRE(classes.size() == metrics["per_class"].size());
  for (const json& one : metrics["per_class"]) {
    const auto found = std::find_if(classes.begin(), classes.end(),
                                    [&](const auto& row) { return row[0] == one["name"]; });
    REQUIRE(found != classes.end());
    CHECK(found->at(1) == number(one["AP"].get<double>()));
    CHECK(found->at(2) == number(one["AP50"].get<double>()));
    CHECK(found->at(5) == std::to_string(one["objects"].get<int>()));
    CHECK(found->at(7) == std::to_string(one["detections"].get<int>()));
  }
}

// Truth and detections that fit in part: `classes` classes, an image each.
class Files {
 public:
  explicit Files(int classes, const std::string& name = "class ", const std::string& file = "i") {
    json truth{
        {"images", json::array()}, {"categories", json::array()}, {"annotations", json::array()}};
    json found = json::array();
    for (int i = 1; i <= classes; ++i) {
      truth["images"].push_back({{"id", i},
                                 {"width", 90},
                                 {"height", 60},
                                 {"file_name", file + std::to_string(i) + ".jpg"}});
      truth["categories"].push_back({{"id", i}, {"name", name + std::to_string(i)}});
      truth["annotations"].push_back({{"id", i},
                                      {"image_id", i},
                                      {"category_id", i},
                                      {"area", 400},
                                      {"iscrowd", 0},
                                      {"bbox", {10, 10, 20, 20}}});
      const int seen = i % 3 == 0 ? i % classes + 1 : i;
      found.push_back({{"image_id", i},
                       {"category_id", seen},
                       {"bbox", {10, 10, 20, 18}},
                       {"score", 0.9 - 0.001 * i}});
      found.push_back(
          {{"image_id", i}, {"category_id", i}, {"bbox", {60, 40, 20, 18}}, {"score", 0.3}});
    }
    save(truth, found);
  }
  void save(const json& truth, const json& found) const {
    std::ofstream(at("truth.json")) << truth;
    std::ofstream(at("found.json")) << found;
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome evaluate(const std::string& more) const {
    return tests::run(
        fmt::format("cd {} && OMP_NUM_THREADS=1 {} --annotations truth.json "
                    "--detections found.json --json {}",
                    folder_.path().string(), tests::program("ssdeval").string(), more));
  }

 private:
  tests::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("the report of a results file has the numbers of --json, and the same bytes twice") {
  const int classes = GENERATE(1, 3, 12, 200);
  const Files files(classes);
  const Outcome first = files.evaluate("--report new/a.html");
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  const Parsed page(files.at("new/a.html"));
  check_metrics(page, json::parse(first.out));
  REQUIRE(files.evaluate("--report b.html").exit_code == 0);
  CHECK(page.text == text_of(files.at("b.html")));
  CHECK(page.images == 0);  // the images do not exist, and the page says so
  CHECK_THAT(page.text, Contains("i1.jpg: "));
  CHECK(page.text.size() < 4'000'000);
}

TEST_CASE("names of classes and files cannot become markup") {
  const std::string evil = "</script><script>alert(1)</script><img src=x onerror='a'>\"&\x01 ";
  const Files files(3, evil, "<b onclick=\"x\">&");
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const Parsed page(files.at("a.html"));
  CHECK_THAT(page.rows("classes").at(0).at(0), Contains("</script><script>alert(1)"));
  CHECK_THAT(page.text, !Contains("<img") && !Contains("<b ") && !Contains("<script>alert"));
}

TEST_CASE("a report of nothing says so") {
  const Files files(2);
  json truth = json::parse(text_of(files.at("truth.json")));
  truth["annotations"] = json::array();
  files.save(truth, json::array());
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const Parsed page(files.at("a.html"));
  CHECK_THAT(page.text, Contains("There is no metric: ") && Contains("No image has an object"));
  CHECK(page.rows("metrics").at(0).at(1) == "-");
}

TEST_CASE("a report replaces no file that exists, and no input") {
  const Files files(2);
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
  const Parsed page(place.at("run/report.html"));
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
    const Parsed resumed(place.at("run/report.html"));
    check_metrics(resumed, json::parse(text_of(place.at("run/metrics.json"))));
    CHECK_THAT(resumed.text, Contains("step 10 of 10: done"));
  }
}

TEST_CASE("a run without log.report writes none, and one that is stopped says why") {
  const tests::TrainingPlace place;
  REQUIRE(place.train("none", "train.steps=2 log.report=false").exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(place.at("none/report.html")));
  REQUIRE(place.train("stopped", "time_budget_minutes=0.00001").exit_code == 75);
  CHECK_THAT(Parsed(place.at("stopped/report.html")).text, Contains(": stopped by "));
}

TEST_CASE("a browser shows the report") {
  const std::string browser = tests::run("command -v chromium || command -v google-chrome").out;
  if (browser.empty()) {
    WARN("skipped: no Chromium here");
    return;
  }
  const Files files(12);
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const Outcome shown = tests::run(
      fmt::format("timeout 60 {} --headless --no-sandbox --disable-gpu --user-data-dir={} "
                  "--enable-logging=stderr "
                  "--dump-dom file://{}",
                  browser.substr(0, browser.find('\n')), files.at("profile"), files.at("a.html")));
  INFO(shown.err.substr(0, 2000));
  CHECK(shown.exit_code == 0);
  CHECK_THAT(shown.out, Contains("class 12") && Contains("tabindex=\"0\""));  // the script has run
  CHECK_THAT(shown.err, !Contains("Content Security Policy") && !Contains("Uncaught"));
}
