// The HTML reports where JavaScript runs and windows are narrow: in Node.js and in Chromium, if
// they are here.
#include "data/sha256.h"
#include "tests/support/tools/report_page.h"
#include "tools/report/base64.h"

using Catch::Contains;
using nlohmann::json;
using tests::Outcome, tests::ReportPage, tests::ResultsFiles, tests::text_of;

namespace {

std::string first_of(const std::string& programs) {
  const std::string found =
      tests::run("for p in " + programs + "; do command -v $p && break; done").out;
  if (found.empty()) WARN("skipped: there is none of " << programs);
  return found.substr(0, found.find('\n'));
}

// What a browser makes of a page.
Outcome shown(const std::string& browser, const std::string& folder, const std::string& page) {
  return tests::run(fmt::format(
      "timeout 120 {} --headless --no-sandbox --disable-gpu --allow-file-access-from-files "
      "--user-data-dir={}/profile --enable-logging=stderr --dump-dom file://{}/{}",
      browser, folder, folder, page));
}

// Long names, a picture, and every kind of table.
void write_page_of_a_run(const tests::TrainingPlace& place) {
  json val = tests::annotations_of(place, "val");
  val["categories"].push_back({{"id", 77}, {"name", std::string(150, 'w')}});
  const std::string data = tests::use_annotations(place, "val", "more", val);
  REQUIRE(place.train("run", "train.steps=4 log.every_steps=1" + data).exit_code == 0);
}

}  // namespace

TEST_CASE("a click on a head sorts numbers by value and puts empty cells last") {
  const std::string node = first_of("node nodejs");
  if (node.empty()) return;
  const json cases = {{{"column", {"12,804", "999", "-", "0.5", "1e-05", "33.3 %", ""}},
                       {"number", true},
                       {"clicks", 1}},
                      {{"column", {"12,804", "999", "-", "0.5", "1e-05", "33.3 %", ""}},
                       {"number", true},
                       {"clicks", 2}},
                      {{"column", {"0.1234", "-", "0.9"}},
                       {"keys", {"0.12341", nullptr, "0.9"}},
                       {"number", true},
                       {"clicks", 2}},
                      {{"column", {"class 10", "class 9", "b", "", "0.25", "0.5"}}, {"clicks", 1}},
                      {{"column", {"class 9", "b", "class 10"}}, {"clicks", 2}}};
  const json expected = {{"12,804", "999", "33.3 %", "0.5", "1e-05", "-", ""},
                         {"1e-05", "0.5", "33.3 %", "999", "12,804", "-", ""},
                         {"0.1234", "0.9", "-"},
                         {"0.25", "0.5", "b", "class 9", "class 10", ""},
                         {"class 10", "class 9", "b"}};
  const std::string root = tests::source_dir().string();
  const Outcome outcome = tests::run(
      fmt::format("{0} {1}/tests/tools/report_sorting.js {1}/tools/report/script.js '{2}'", node,
                  root, cases.dump()));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(json::parse(outcome.out) == expected);
}

TEST_CASE("the page allows its own script and no other") {
  const ResultsFiles files(1);
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const std::string page = text_of(files.at("a.html"));
  const size_t first = page.find("<script>") + 8;
  const std::string script = page.substr(first, page.find("</script>") - first);
  CHECK(script == text_of(tests::source_dir() / "tools/report/script.js"));
  CHECK_THAT(page, Contains("script-src 'sha256-" + report::base64(data::sha256(script)) + "'"));
}

TEST_CASE("tables whose rows measure different things are not sorted") {
  const ResultsFiles files(3);
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const ReportPage page(files.at("a.html"));
  const auto kind = [&](const char* path) {
    return std::string(page.document.select_node(path).node().attribute("class").value());
  };
  CHECK(kind("(//section[@id='data']//table)[1]").empty());
  CHECK(kind("(//section[@id='data']//table)[2]") == "sorts");
  CHECK(kind("//section[@id='classes']//table") == "sorts");
}

TEST_CASE("a browser shows the report") {
  const std::string browser = first_of("chromium google-chrome");
  if (browser.empty()) return;
  const ResultsFiles files(12);
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const Outcome page = shown(browser, files.at(""), "a.html");
  INFO(page.err.substr(0, 2000));
  CHECK(page.exit_code == 0);
  CHECK_THAT(page.out, Contains("class 12") && Contains("tabindex=\"0\""));  // the script has run
  CHECK_THAT(page.err, !Contains("Content Security Policy") && !Contains("Uncaught"));
}

TEST_CASE("a window of 400 pixels shows the whole width of a page") {
  const std::string browser = first_of("chromium google-chrome");
  if (browser.empty()) return;
  const tests::TrainingPlace place;
  write_page_of_a_run(place);
  // In a frame, since a window may have a least width. The copy may run scripts, and opens all.
  std::string page = text_of(place.at("run/report.html"));
  const size_t policy = page.find("<meta http-equiv=\"Content-Security-Policy\"");
  REQUIRE(policy != std::string::npos);
  page.erase(policy, page.find("/>", policy) + 2 - policy);
  page.replace(page.find("</body>"), 7,
               "<script>for (const d of document.querySelectorAll('details')) d.open = true;"
               "</script></body>");
  tests::write_text(place.at("inner.html"), page);
  tests::write_text(
      place.at("outer.html"),
      "<iframe id='f' width='400' height='800' style='border:0' src='inner.html'></iframe><p "
      "id='width'></p><script>window.onload = () => { const e = document.getElementById('f')"
      ".contentDocument.documentElement; document.getElementById('width').textContent = "
      "`${e.clientWidth} shows ${e.scrollWidth}`; };</script>");
  const Outcome measured = shown(browser, place.at(""), "outer.html");
  INFO(measured.out << measured.err.substr(0, 2000));
  const size_t first = measured.out.find("<p id=\"width\">");
  REQUIRE(first != std::string::npos);
  int window = 0, content = 0;
  REQUIRE(std::sscanf(measured.out.c_str() + first, "<p id=\"width\">%d shows %d", &window,
                      &content) == 2);
  CHECK(window > 370);
  CHECK(window <= 400);
  CHECK(content == window);
}
