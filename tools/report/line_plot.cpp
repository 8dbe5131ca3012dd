#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/report/frame.h"
#include "tools/report/html.h"
#include "tools/report/plot.h"

namespace report {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr size_t kMostTitles = 80;  // places of a plot that show their values under the mouse

struct Extent {
  double low = kInfinite, high = -kInfinite;
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

struct Axes {
  Axis x, y;
};

Axes axes_of(const LinePlot& plot, const Frame& frame) {
  Extent x, y;
  for (const Line& line : plot.lines)
    for (const auto& [px, py] : line.points) {
      x.add(px);
      y.add(py);
    }
  const bool wide = y.low > 0 && y.high / y.low > 20;
  AxisRange rows{.low = y.low, .high = y.high, .logarithmic = plot.may_be_logarithmic && wide};
  if (plot.from_zero && !rows.logarithmic) rows.low = std::min(0., y.low);
  AxisRange columns{.low = std::min(0., x.low), .high = x.high};
  if (plot.unit_range) rows = columns = {};
  if (plot.small) rows.most_ticks = columns.most_ticks = 3;
  return {make_axis(columns, frame.left, frame.x_end(), false),
          make_axis(rows, frame.y_end(), frame.top)};
}

// Values that are not finite leave a gap. A horizontal part takes two points, however long it is.
std::string path_of(const Line& line, const Axes& axes) {
  std::string path, last_y;
  bool pen = false, repeated = false;
  std::string last_x;
  for (const auto& [px, py] : line.points) {
    if (!std::isfinite(py)) {
      pen = false;
      continue;
    }
    const std::string x = coordinate(axes.x.at(px)), y = coordinate(axes.y.at(py));
    if (pen && y == last_y) {
      repeated = true;
      last_x = x;
      continue;
    }
    if (repeated) path += "H" + last_x;
    repeated = false;
    path += (pen ? "L" : "M") + x + " " + y;
    pen = true;
    last_y = y;
  }
  if (repeated) path += "H" + last_x;
  return path;
}

std::string draw_line(const Line& line, const Axes& axes) {
  std::string svg =
      fmt::format("<path class=\"line {}\" d=\"{}\"/>\n", line.colour, path_of(line, axes));
  if (!line.marks && line.points.size() > 1) return svg;
  for (const auto& [px, py] : line.points)
    if (std::isfinite(py))
      svg += fmt::format("<circle class=\"dot {}\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>", line.colour,
                         coordinate(axes.x.at(px)), coordinate(axes.y.at(py)));
  return svg + "\n";
}

double nearest_value(const Line& line, double x) {
  double best = kInfinite, value = std::nan("");
  for (const auto& [px, py] : line.points)
    if (std::abs(px - x) < best) {
      best = std::abs(px - x);
      value = py;
    }
  return value;
}

// Draws invisible bands over the plot's height. Each shows the values of all lines there when the
// mouse is over it.
std::string draw_titles(const LinePlot& plot, const Axes& axes, const Frame& frame) {
  const auto longest = std::max_element(
      plot.lines.begin(), plot.lines.end(),
      [](const Line& a, const Line& b) { return a.points.size() < b.points.size(); });
  if (longest == plot.lines.end() || longest->points.empty()) return {};
  const auto& points = longest->points;
  const size_t stride = (points.size() + kMostTitles - 1) / kMostTitles;
  const double half = (frame.x_end() - frame.left) / double(points.size() / stride + 1) / 2;
  std::string svg;
  for (size_t i = 0; i < points.size(); i += stride) {
    const double x = points[i].first;
    std::string title = escaped(fmt::format("{} {}", plot.x_title, shown(x)));
    for (const Line& line : plot.lines)
      title += "&#10;" + escaped(line.name + ": " + shown(nearest_value(line, x)));
    svg += fmt::format(
        "<rect class=\"hit\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title>"
        "</rect>\n",
        coordinate(axes.x.at(x) - half), coordinate(frame.top), coordinate(2 * half),
        coordinate(frame.y_end() - frame.top), title);
  }
  return svg;
}

}  // namespace

std::string LinePlot::html() const {
  const Frame frame = small ? kSmallFrame : Frame();
  const Axes axes = axes_of(*this, frame);
  const std::string y_name = axes.y.logarithmic ? y_title + " (logarithmic)" : y_title;
  std::string svg = open_svg(frame, title) + draw_y_axis(frame, axes.y, small ? "" : y_name) +
                    draw_x_axis(frame, axes.x, small ? "" : x_title);
  if (marked_x >= 0)
    svg += fmt::format("<path class=\"marked\" d=\"M{} {}V{}\"/>", coordinate(axes.x.at(marked_x)),
                       coordinate(frame.top), coordinate(frame.y_end()));
  for (const Line& line : lines) svg += draw_line(line, axes);
  if (!small) svg += draw_titles(*this, axes, frame);
  svg += "</svg>\n";
  if (small || lines.size() < 2) return svg;
  std::vector<std::pair<std::string, std::string>> names;
  for (const Line& line : lines) names.emplace_back(line.name, line.colour);
  return legend(names) + svg;
}

}  // namespace report
