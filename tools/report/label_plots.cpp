#include "tools/report/label_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tools/report/html.h"
#include "tools/report/plot.h"

namespace report {
namespace {

constexpr size_t kMostClasses = 100;  // bars of a plot
constexpr size_t kFewClasses = 12;    // whose plot is as narrow as others
constexpr size_t kLongestLabel = 18;  // letters of a class below its bar
constexpr double kSteep = 100;        // between the classes of one data set: a logarithmic axis

struct ClassBoxes {
  std::string name;
  std::vector<double> boxes;  // by data set
};

std::vector<ClassBoxes> classes_of(const std::vector<NamedStats>& sets) {
  std::vector<ClassBoxes> classes;
  std::map<std::string, size_t> place;
  for (size_t s = 0; s < sets.size(); ++s)
    for (const data::CategoryCount& category : sets[s].stats.categories) {
      const auto [at, is_new] = place.try_emplace(category.name, classes.size());
      if (is_new) classes.push_back({category.name, std::vector<double>(sets.size())});
      classes[at->second].boxes[s] += double(category.boxes);
    }
  std::stable_sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) {
    return a.boxes != b.boxes ? a.boxes > b.boxes : a.name < b.name;
  });
  return classes;
}

// Whether one data set has far more boxes of one class than of another.
bool are_steep(const std::vector<ClassBoxes>& classes, size_t sets) {
  for (size_t s = 0; s < sets; ++s) {
    double least = 0, most = 0;
    for (const ClassBoxes& one : classes) {
      const double boxes = one.boxes[s];
      if (boxes > 0) least = least > 0 ? std::min(least, boxes) : boxes;
      most = std::max(most, boxes);
    }
    if (most > kSteep * least) return true;
  }
  return false;
}

std::string map_of(const NamedStats& set, HeatMap map, const data::BoxGrid& boxes, size_t colour,
                   const std::string& caption) {
  map.colour = "c" + std::to_string(colour);
  map.bins = data::BoxGrid::kBins;
  map.counts = boxes.counts;
  map.title = set.name.empty() ? caption : set.name + ": " + caption;
  return figure(map.html(), escaped(map.title));
}

}  // namespace

std::string class_bars(const std::vector<NamedStats>& sets) {
  std::vector<ClassBoxes> classes = classes_of(sets);
  if (classes.empty()) return {};
  std::string caption = "Boxes by class.";
  if (classes.size() > kMostClasses) {
    caption = fmt::format("Boxes by class: the {} of {} classes with the most boxes.", kMostClasses,
                          grouped(int64_t(classes.size())));
    classes.resize(kMostClasses);
  }
  BarPlot plot{.title = "boxes by class", .y_title = "boxes", .all_labels = true};
  plot.logarithmic = are_steep(classes, sets.size());
  for (const ClassBoxes& one : classes) plot.labels.push_back(shortened(one.name, kLongestLabel));
  for (size_t s = 0; s < sets.size(); ++s) {
    Bars bars{sets.size() == 1 ? "boxes" : sets[s].name, "c" + std::to_string(s), {}};
    for (const ClassBoxes& one : classes) bars.values.push_back(one.boxes[s]);
    plot.bars.push_back(std::move(bars));
  }
  return figure("<div class=\"scroll whole\">" + plot.html() + "</div>", escaped(caption, 400),
                classes.size() > kFewClasses ? "wide" : "");
}

std::string box_maps(const std::vector<NamedStats>& sets) {
  std::string places, sizes;
  for (size_t s = 0; s < sets.size(); ++s) {
    const data::DatasetStats& stats = sets[s].stats;
    if (stats.places.total() == 0) continue;
    places += map_of(sets[s],
                     {.x_title = "percent from the left",
                      .y_title = "percent from the top",
                      .x_name = "x",
                      .y_name = "y",
                      .from_top = true},
                     stats.places, s, "centres of boxes");
    sizes += map_of(sets[s],
                    {.x_title = "width in percent (logarithmic)",
                     .y_title = "height in percent (logarithmic)",
                     .x_name = "width",
                     .y_name = "height",
                     .low = 100 * data::kLeastShare,
                     .logarithmic = true},
                    stats.sides, s, "sizes of boxes");
  }
  if (places.empty()) return paragraph("There are no boxes with an area.");
  return paragraph(
             "Places and sizes are shares of the image's width and height. The darker a cell, the "
             "more boxes it has. Boxes without an area are left out.") +
         grid(places + sizes, "squares");
}

}  // namespace report
