// The HTML reports of ssdeval and ssdtrain, read back: a page, its tables, and files to evaluate.
#pragma once
#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "tests/support/catch.h"
#include "tests/support/tools/edited_data.h"

namespace tests {

using Visit = std::function<void(const pugi::xml_node&)>;

inline void walk(const pugi::xml_node& node, const Visit& visit) {
  visit(node);
  for (const pugi::xml_node& child : node.children()) walk(child, visit);
}

// A page that parses, loads nothing, and runs nothing but its own script.
struct ReportPage {
  explicit ReportPage(const std::string& path) : text(text_of(path)) {
    const pugi::xml_parse_result result = document.load_string(text.c_str(), pugi::parse_full);
    INFO(path << ": " << result.description() << " at " << result.offset);
    REQUIRE(result);
    walk(document, [this](const pugi::xml_node& node) { check(node); });
    CHECK(scripts == 1);
    CHECK_THAT(text, !Catch::Contains("http://") && !Catch::Contains("https://"));
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

inline std::string metric_text(double value) {
  return value < 0 ? "-" : fmt::format("{:.4f}", value);
}

// The tables of metrics and classes have the numbers of metrics.json.
inline void check_metrics(const ReportPage& page, const nlohmann::json& metrics) {
  const auto rows = page.rows("metrics");
  REQUIRE(rows.size() == 12);
  for (const auto& row : rows) CHECK(row[1] == metric_text(metrics.at(row[0]).get<double>()));
  const auto classes = page.rows("classes");
  REQUIRE(classes.size() == metrics["per_class"].size());
  for (const nlohmann::json& one : metrics["per_class"]) {
    const auto name = one["name"].get<std::string>();
    const auto found = std::find_if(classes.begin(), classes.end(),
                                    [&](const auto& row) { return row[0] == name; });
    REQUIRE(found != classes.end());
    CHECK(found->at(1) == metric_text(one["AP"].get<double>()));
    CHECK(found->at(2) == metric_text(one["AP50"].get<double>()));
    CHECK(found->at(5) == std::to_string(one["objects"].get<int>()));
    CHECK(found->at(7) == std::to_string(one["detections"].get<int>()));
  }
}

// Truth and detections that fit in part: `classes` classes, an image each.
class ResultsFiles {
 public:
  explicit ResultsFiles(int classes, const std::string& name = "class ",
                        const std::string& file = "i") {
    using nlohmann::json;
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
  void save(const nlohmann::json& truth, const nlohmann::json& found) const {
    std::ofstream(at("truth.json")) << truth;
    std::ofstream(at("found.json")) << found;
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome evaluate(const std::string& more) const {
    return run(
        fmt::format("cd {} && OMP_NUM_THREADS=1 {} --annotations truth.json "
                    "--detections found.json --json {}",
                    folder_.path().string(), program("ssdeval").string(), more));
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace tests
