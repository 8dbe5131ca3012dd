// The confusion matrix in the HTML report: shares and counts, of few classes and of many.
#include "tests/support/tools/report_page.h"

using nlohmann::json;
using tests::text_of, tests::ReportPage, tests::ResultsFiles;

TEST_CASE("the confusion matrix has shares and counts, as far as there is room") {
  const auto in_matrix = [](const ReportPage& page, const std::string& path) {
    return page.document.select_nodes(("//section[@id='confusion']" + path).c_str()).size();
  };
  for (const int classes : {1, 3, 30, 80, 200}) {
    const ResultsFiles files(classes);
    REQUIRE(files.evaluate("--report a.html").exit_code == 0);
    const ReportPage page(files.at("a.html"));
    INFO(classes);
    const bool two = classes <= 3, one = classes == 30;
    CHECK((in_matrix(page, "//text[contains(text(), ' %')]") > 0) == two);
    CHECK(in_matrix(page, "//input[@type='radio']") == (one ? 2 : 0));
    const size_t cells = in_matrix(page, "//rect[title]");
    CHECK(cells >= size_t(std::min(classes, 80)));
    CHECK(in_matrix(page, "//text[contains(@class, ' share')]") == (one ? cells : 0));
    CHECK(in_matrix(page, "//text[contains(@class, ' count')]") == (one ? cells : 0));
    CHECK(in_matrix(page, "//text[text()='background']") == 1);
    CHECK(in_matrix(page, "//text[text()='missed']") == 1);
    CHECK((page.text.find("Of 200 classes, the 80 with the most") != std::string::npos) ==
          (classes == 200));
  }
}

TEST_CASE("a share in the confusion matrix is of the objects of its class") {
  const ResultsFiles files(3);
  json truth = json::parse(text_of(files.at("truth.json"))), found = json::array();
  truth["annotations"] = json::array();
  // 250 objects of class 1, of which 1 is found, 1 taken for class 2, and 248 missed.
  for (int i = 0; i < 250; ++i) {
    const json box{(i % 25) * 3, i / 25 * 5, 3, 4};
    truth["annotations"].push_back({{"id", i + 1},
                                    {"image_id", 1},
                                    {"category_id", 1},
                                    {"area", 12},
                                    {"iscrowd", 0},
                                    {"bbox", box}});
    if (i < 2)
      found.push_back({{"image_id", 1}, {"category_id", i + 1}, {"bbox", box}, {"score", 0.9}});
  }
  files.save(truth, found);
  REQUIRE(files.evaluate("--report a.html").exit_code == 0);
  const ReportPage page(files.at("a.html"));
  std::vector<std::string> titles, values;
  for (const auto& cell : page.document.select_nodes("//section[@id='confusion']//rect/title"))
    titles.push_back(cell.node().text().get());
  for (const auto& cell :
       page.document.select_nodes("//section[@id='confusion']//text[contains(@class, 'tm ')]"))
    values.push_back(cell.node().text().get());
  CHECK(titles == std::vector<std::string>{"class 1\ndetected as class 1\n1 of 250 objects (0.4 %)",
                                           "class 1\ndetected as class 2\n1 of 250 objects (0.4 %)",
                                           "class 1\nmissed\n248 of 250 objects (99.2 %)"});
  CHECK(values == std::vector<std::string>{"<1 %", "1", "<1 %", "1", "99 %", "248"});
}
