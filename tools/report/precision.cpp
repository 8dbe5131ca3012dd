#include <fmt/format.h>

#include <algorithm>

#include "tools/report/evaluation.h"
#include "tools/report/html.h"
#include "tools/report/plot.h"

namespace report {
namespace {

constexpr size_t kMostCurves = 100;  // classes with a plot of their own
constexpr int kThresholds = data::Evaluation::kThresholds, kRecalls = data::Evaluation::kRecalls;

Line curve_line(int threshold, const std::array<double, kRecalls>& curve) {
  Line line{.name = fmt::format("{:.2f}", data::iou_thresholds()[size_t(threshold)]),
            .colour = "q" + std::to_string(threshold)};
  const auto recalls = data::recall_thresholds();
  for (size_t r = 0; r < curve.size(); ++r) line.points.emplace_back(recalls[r], curve[r]);
  return line;
}

bool measured(const data::CategoryMetrics& category) { return category.ap >= 0; }

// The mean over the classes that have objects.
std::array<double, kRecalls> mean_curve(const data::Evaluation& e, int threshold) {
  std::array<double, kRecalls> mean{};
  double classes = 0;
  for (size_t c = 0; c < e.categories.size(); ++c) {
    if (!measured(e.categories[c])) continue;
    const auto curve = e.curve(c, threshold);
    for (size_t r = 0; r < mean.size(); ++r) mean[r] += curve[r];
    ++classes;
  }
  for (double& value : mean) value /= std::max(1., classes);
  return mean;
}

std::string mean_plot(const data::Evaluation& e) {
  LinePlot plot{.title = "precision over recall, mean of all classes",
                .x_title = "recall",
                .y_title = "precision",
                .unit_range = true};
  for (int t = 0; t < kThresholds; ++t) plot.lines.push_back(curve_line(t, mean_curve(e, t)));
  return figure(plot.html(), "Precision over recall, mean of all classes, by IoU.");
}

std::string threshold_plot(const Matched& m) {
  LinePlot plot{.title = "precision, recall and F1 over the score threshold",
                .x_title = "score threshold",
                .y_title = "at IoU " + shown(m.of.rule.iou),
                .marked_x = m.best.score};
  Line precision{.name = "precision", .colour = "c0"}, recall{.name = "recall", .colour = "c1"},
      f1{.name = "F1", .colour = "c2"};
  for (const data::OperatingPoint& point : m.points) {
    precision.points.emplace_back(point.score, point.precision());
    recall.points.emplace_back(point.score, point.recall());
    f1.points.emplace_back(point.score, point.f1());
  }
  plot.lines = {precision, recall, f1};
  return figure(plot.html(), fmt::format("Precision, recall and F1 if detections with lower scores "
                                         "than the threshold are left out. The line marks {:.2f}.",
                                         m.best.score));
}

std::string class_plot(const data::Evaluation& e, size_t c, const std::string& name) {
  LinePlot plot{.title = "precision over recall of " + name, .unit_range = true, .small = true};
  for (int t = 0; t < kThresholds; ++t) plot.lines.push_back(curve_line(t, e.curve(c, t)));
  return figure(plot.html(), fmt::format("{}<br/>AP {}, AP50 {}", escaped(name),
                                         metric(e.categories[c].ap), metric(e.categories[c].ap50)));
}

}  // namespace

std::string precision_section(const Matched& m) {
  const data::Evaluation& e = m.of.metrics;
  std::vector<size_t> shown_classes;
  for (size_t c = 0; c < e.categories.size(); ++c)
    if (measured(e.categories[c])) shown_classes.push_back(c);
  if (shown_classes.empty())
    return section("precision", "Precision and recall", paragraph("There are no objects."));
  std::stable_sort(shown_classes.begin(), shown_classes.end(), [&](size_t a, size_t b) {
    return e.categories[a].objects > e.categories[b].objects;
  });
  const size_t count = std::min(kMostCurves, shown_classes.size());
  std::string plots;
  for (size_t i = 0; i < count; ++i)
    plots +=
        class_plot(e, shown_classes[i],
                   m.of.truth.categories[size_t(e.categories[shown_classes[i]].category)].name);
  std::string body = grid(mean_plot(e) + threshold_plot(m));
  body += paragraph(fmt::format(
      "There is a plot for each {}. Each line is an IoU, from 0.50 (the highest) to "
      "0.95.",
      count < shown_classes.size() ? fmt::format("of the {} classes with the most objects", count)
                                   : "class that has objects"));
  return section("precision", "Precision and recall", body + grid(plots, "many"));
}

}  // namespace report
