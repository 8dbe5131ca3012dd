#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tools/report/html.h"
#include "tools/report/label_plots.h"
#include "tools/report/plot.h"

namespace report {
namespace {

std::string sides(int least, int most) {
  return least == most ? std::to_string(least) : fmt::format("{}-{}", least, most);
}

std::string counts_table(const std::vector<NamedStats>& sets) {
  Table table{.columns = {{""}}, .sorts = false};  // its rows measure different things
  for (const NamedStats& set : sets)
    table.columns.push_back({sets.size() == 1 ? "value" : set.name, true});
  const auto row = [&](const char* name, auto value) {
    std::vector<Cell> cells{name};
    for (const NamedStats& set : sets) cells.emplace_back(value(set.stats));
    table.rows.push_back(std::move(cells));
  };
  using Stats = data::DatasetStats;
  row("images", [](const Stats& s) { return grouped(s.images); });
  row("images without boxes", [](const Stats& s) { return grouped(s.images_without_boxes); });
  row("boxes", [](const Stats& s) { return grouped(s.boxes); });
  row("crowd regions", [](const Stats& s) { return grouped(s.crowd); });
  row("boxes without area", [](const Stats& s) { return grouped(s.boxes_without_area); });
  row("most boxes in an image", [](const Stats& s) { return grouped(s.most_boxes_in_an_image); });
  row("width in pixels", [](const Stats& s) { return sides(s.min_width, s.max_width); });
  row("height in pixels", [](const Stats& s) { return sides(s.min_height, s.max_height); });
  return table.html();
}

using Histogram = std::vector<data::Bin> data::DatasetStats::*;

// The share of each bin, since the two data sets have different sizes.
std::string share_plot(const std::vector<NamedStats>& sets, Histogram histogram, BarPlot plot,
                       const std::string& caption) {
  plot.y_title = "percent";
  for (const data::Bin& bin : sets[0].stats.*histogram) {
    std::string label = bin.label;
    if (label.ends_with(" and up")) label.replace(label.size() - 7, 7, "+");
    if (label.starts_with("below ")) label = "<" + label.substr(6);
    if (label.starts_with("over ")) label = ">" + label.substr(5);
    plot.labels.push_back(label);
  }
  for (size_t p = 0; p < sets.size(); ++p) {
    Bars bars{sets.size() == 1 ? "percent" : sets[p].name, "c" + std::to_string(p), {}};
    double sum = 0;
    for (const data::Bin& bin : sets[p].stats.*histogram) sum += double(bin.count);
    for (const data::Bin& bin : sets[p].stats.*histogram)
      bars.values.push_back(sum > 0 ? 100 * double(bin.count) / sum : 0);
    plot.bars.push_back(std::move(bars));
  }
  return figure(plot.html(), escaped(caption, 400));
}

// Lists each class that one of the data sets has. They are matched by name, because the ids and the
// order may differ; "-" stands for a class that a data set lacks.
std::string classes_table(const std::vector<NamedStats>& sets) {
  Table table{.columns = {{"class"}}};
  std::map<std::string, size_t> row_of;
  for (const NamedStats& set : sets) {
    const std::string of = sets.size() == 1 ? "" : ", " + set.name;
    table.columns.push_back({"boxes" + of, true});
    table.columns.push_back({"images" + of, true});
  }
  for (size_t p = 0; p < sets.size(); ++p)
    for (const data::CategoryCount& category : sets[p].stats.categories) {
      const auto [row, is_new] = row_of.try_emplace(category.name, table.rows.size());
      if (is_new) {
        table.rows.emplace_back(table.columns.size(), Cell("-"));
        table.rows.back()[0] = category.name;
      }
      table.rows[row->second][1 + 2 * p] = count_cell(category.boxes);
      table.rows[row->second][2 + 2 * p] = count_cell(category.images);
    }
  table.filter = table.rows.size() > 10;
  return details("Boxes and images by class", table.html());
}

}  // namespace

std::string data_section(const std::vector<NamedStats>& sets) {
  using Stats = data::DatasetStats;
  const std::string plots =
      share_plot(sets, &Stats::size_at_320,
                 {.title = "sizes of boxes", .x_title = "side in pixels at 320 x 320"},
                 "Boxes by the square root of their area, after resizing to 320 x 320.") +
      share_plot(sets, &Stats::boxes_per_image,
                 {.title = "boxes per image", .x_title = "boxes per image"}, "Images by boxes.") +
      share_plot(sets, &Stats::aspect, {.title = "shapes of boxes", .x_title = "width : height"},
                 "Boxes by their shape.");
  return section(
      "data", sets.size() == 1 ? "Data set" : "Data sets",
      counts_table(sets) + grid(class_bars(sets) + plots) + box_maps(sets) + classes_table(sets));
}

}  // namespace report
