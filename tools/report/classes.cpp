#include <fmt/format.h>

#include <algorithm>

#include "tools/report/evaluation.h"
#include "tools/report/html.h"

namespace report {

std::string classes_section(const Matched& m) {
  Table table{.columns = {{"class"},
                          {"AP", true},
                          {"AP50", true},
                          {"AP75", true},
                          {"AR100", true},
                          {"objects", true},
                          {"crowds", true},
                          {"detections", true}},
              .filter = m.of.metrics.categories.size() > 10};
  std::vector<data::CategoryMetrics> rows = m.of.metrics.categories;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.ap > b.ap; });
  const auto number = [](double value) { return Cell(metric(value), fmt::format("{}", value)); };
  const auto count = [](int64_t value) { return Cell(grouped(value), std::to_string(value)); };
  for (const data::CategoryMetrics& row : rows)
    table.rows.push_back({m.of.truth.categories[size_t(row.category)].name, number(row.ap),
                          number(row.ap50), number(row.ap75), number(row.ar), count(row.objects),
                          count(row.crowds), count(row.detections)});
  return section("classes", "Classes", table.html());
}

}  // namespace report
