// Plots of the HTML report: well-formed SVG, every number finite, everything inside the picture.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <pugixml.hpp>
#include <regex>

#include "tests/support/catch.h"
#include "tools/report/label_plots.h"
#include "tools/report/plot.h"

using Catch::Contains;
using report::BarPlot, report::HeatMap, report::NamedStats;

namespace {

struct Drawn {
  explicit Drawn(const std::string& html) : text("<div>" + html + "</div>") {
    INFO(text);
    REQUIRE(document.load_string(text.c_str()));
    CHECK_FALSE(std::regex_search(text, std::regex("[\"( ,](-?nan|-?inf)")));
    for (const auto& svg : document.select_nodes("//svg")) check_inside(svg.node());
  }
  // Bars, cells and bands lie inside the picture.
  void check_inside(const pugi::xml_node& svg) const {
    double x = 0, y = 0, width = 0, height = 0;
    REQUIRE(std::sscanf(svg.attribute("viewBox").value(), "%lf %lf %lf %lf", &x, &y, &width,
                        &height) == 4);
    for (const auto& found : svg.select_nodes(".//rect")) {
      const pugi::xml_node rect = found.node();
      const double left = rect.attribute("x").as_double(-1),
                   top = rect.attribute("y").as_double(-1);
      CHECK(left >= 0);
      CHECK(top >= 0);
      CHECK(rect.attribute("width").as_double(-1) >= 0);
      CHECK(rect.attribute("height").as_double(-1) >= 0);
      CHECK(left + rect.attribute("width").as_double() <= width + 0.1);
      CHECK(top + rect.attribute("height").as_double() <= height + 0.1);
    }
  }
  size_t count(const char* path) const { return document.select_nodes(path).size(); }
  std::string first(const char* path) const {
    return document.select_node(path).node().text().get();
  }

  std::string text;
  pugi::xml_document document;
};

HeatMap four_by_four(std::vector<int64_t> counts) {
  return {.title = "t",
          .x_title = "a",
          .y_title = "b",
          .colour = "c0",
          .x_name = "x",
          .y_name = "y",
          .bins = 4,
          .counts = std::move(counts)};
}

NamedStats boxes_at_one_place(int64_t boxes, size_t classes) {
  NamedStats set{"training", data::compute_stats({})};
  for (size_t c = 0; c < classes; ++c)
    set.stats.categories.push_back({int64_t(c), fmt::format("class {}", c), boxes});
  set.stats.places.at(3, 4) = boxes;
  set.stats.sides.at(0, 19) = boxes;
  return set;
}

}  // namespace

TEST_CASE("a heat map has a cell for each bin with boxes, and says which") {
  std::vector<int64_t> counts(16);
  counts[1 * 4 + 3] = 1;
  counts[0] = 1234;
  HeatMap map = four_by_four(counts);
  map.from_top = true;
  const Drawn down(map.html());
  CHECK(down.count("//rect") == 2);
  CHECK_THAT(down.text, Contains("1,234 boxes (99.9 %)&#10;x 0-25 %, y 0-25 %") &&
                            Contains("1 box (0.1 %)&#10;x 75-100 %, y 25-50 %"));
  map.from_top = false;
  const Drawn up(map.html());
  const auto top_of = [](const Drawn& drawn) {
    return drawn.document.select_node("//rect").node().attribute("y").as_double();
  };
  CHECK(top_of(down) < 20);
  CHECK(top_of(up) > 150);
}

TEST_CASE("a heat map of ratios names the open bin") {
  std::vector<int64_t> counts(16);
  counts[0] = counts[15] = 2;
  HeatMap map = four_by_four(counts);
  map.low = 1;
  map.logarithmic = true;
  const Drawn drawn(map.html());
  CHECK_THAT(drawn.text,
             Contains("x below 3.16 %, y below 3.16 %") && Contains("x 31.6-100 %, y 31.6-100 %"));
}

TEST_CASE("a heat map without boxes, or of one bin, is a picture") {
  CHECK(Drawn(four_by_four(std::vector<int64_t>(16)).html()).count("//rect") == 0);
  HeatMap one = four_by_four({5});
  one.bins = 1;
  CHECK(Drawn(one.html()).count("//rect") == 1);
}

TEST_CASE("bars show whole counts whole, and all of their labels where these are wanted") {
  BarPlot plot{.title = "t",
               .labels = {"a class with a long name", "b"},
               .bars = {{"training", "c0", {12345, 0}}},
               .all_labels = true};
  while (plot.labels.size() < 40) {
    plot.labels.push_back("another of many");
    plot.bars[0].values.push_back(0.5);
  }
  const Drawn drawn(plot.html());
  CHECK_THAT(drawn.text, Contains("training: 12,345<") && Contains("training: 0.5<"));
  CHECK(drawn.count("//text[text()='another of many']") == 38);
  plot.all_labels = false;
  CHECK(Drawn(plot.html()).count("//text[text()='another of many']") < 10);
}

TEST_CASE("labels of one class, of all boxes at one place, of many classes and of none are shown") {
  for (size_t classes : {1, 3, 12, 13, 100, 1200}) {
    const std::vector<NamedStats> sets{boxes_at_one_place(7, classes)};
    const Drawn bars(report::class_bars(sets));
    CHECK(bars.count("//rect[contains(@class, 'bar')]") == std::min<size_t>(classes, 100));
    CHECK((bars.text.find("100 of 1,200 classes") != std::string::npos) == (classes == 1200));
    const Drawn maps(report::box_maps(sets));
    CHECK(maps.count("//svg") == 2);
    CHECK(maps.count("//rect") == 2);
  }
  const data::DatasetStats empty = data::compute_stats({});
  const std::vector<NamedStats> none{{"training", empty}, {"validation", empty}};
  CHECK(report::class_bars(none).empty());
  CHECK_THAT(report::box_maps(none), Contains("There are no boxes with an area."));
  CHECK(Drawn(report::data_section(none)).count("//section[@id='data']") == 1);
  const std::vector<NamedStats> unlabelled{boxes_at_one_place(0, 2)};
  CHECK(Drawn(report::class_bars(unlabelled)).count("//rect[contains(@class, 'bar')]") == 0);
}

TEST_CASE("classes of two data sets are matched by name, the most frequent first") {
  NamedStats training = boxes_at_one_place(1, 0), validation = training;
  training.stats.categories = {{1, "rare", 2}, {2, "frequent", 9000}};
  validation.name = "validation";
  validation.stats.categories = {{5, "frequent", 11}, {6, "only here", 1}};
  const Drawn drawn(report::class_bars({training, validation}));
  std::vector<std::string> titles;
  for (const auto& title : drawn.document.select_nodes("//title"))
    titles.push_back(title.node().text().get());
  CHECK(titles == std::vector<std::string>{"frequent\ntraining: 9,000\nvalidation: 11",
                                           "rare\ntraining: 2\nvalidation: 0",
                                           "only here\ntraining: 0\nvalidation: 1"});
  CHECK_THAT(drawn.text, Contains("(logarithmic)"));
}
