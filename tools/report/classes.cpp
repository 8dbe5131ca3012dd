#include <fmt/format.h>

#include <algorithm>

#include "tools/report/evaluation.h"
#include "tools/report/html.h"

namespace report {
namespace {

// Says what the classes in only one of the two mean. Empty if both have all.
std::string differences(const ModelClasses& classes) {
  const auto unknown = std::count(classes.knows.begin(), classes.knows.end(), false);
  std::string words;
  if (unknown > 0)
    words +=
        warning(fmt::format("The model lacks {} of the {} classes of the data, so it cannot "
                            "find their objects. Classes are matched by name.",
                            unknown, classes.knows.size()));
  if (!classes.without_data.empty())
    words +=
        paragraph(fmt::format("The data lacks {} of the model's classes, so what the model "
                              "finds of them is not counted.",
                              classes.without_data.size()));
  return words;
}

}  // namespace

std::string classes_section(const Matched& m) {
  const ModelClasses& classes = m.of.classes;
  const std::string words = differences(classes);
  Table table{.columns = {{"class"},
                          {"AP", true},
                          {"AP50", true},
                          {"AP75", true},
                          {"AR100", true},
                          {"objects", true},
                          {"crowds", true},
                          {"detections", true}}};
  if (!words.empty()) table.columns.push_back({"is in"});
  std::vector<data::CategoryMetrics> rows = m.of.metrics.categories;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.ap > b.ap; });
  for (const data::CategoryMetrics& row : rows) {
    const size_t category = size_t(row.category);
    table.rows.push_back({m.of.truth.categories[category].name, metric_cell(row.ap),
                          metric_cell(row.ap50), metric_cell(row.ap75), metric_cell(row.ar),
                          count_cell(row.objects), count_cell(row.crowds),
                          count_cell(row.detections)});
    if (!words.empty())
      table.rows.back().emplace_back(classes.has(category) ? "data and model" : "data only");
  }
  for (const std::string& name : classes.without_data)
    table.rows.push_back({name, "-", "-", "-", "-", "-", "-", "-", "model only"});
  table.filter = table.rows.size() > 10;
  return section("classes", "Classes", words + table.html());
}

}  // namespace report
