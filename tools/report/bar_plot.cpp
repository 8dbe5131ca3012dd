#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/report/frame.h"
#include "tools/report/html.h"
#include "tools/report/plot.h"

namespace report {
namespace {

// A logarithmic axis shows 1 + value.
double offset_of(const BarPlot& plot) { return plot.logarithmic ? 1 : 0; }

double highest(const BarPlot& plot) {
  double most = 0;
  for (size_t i = 0; i < plot.labels.size(); ++i) {
    double sum = 0;
    for (const Bars& bars : plot.bars) {
      sum = plot.stacked ? sum + bars.values[i] : bars.values[i];
      most = std::max(most, sum);
    }
  }
  return std::max(most, 1.);
}

std::string bar(const std::string& colour, double x, double width, double top, double bottom) {
  return fmt::format("<rect class=\"bar {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                     colour, coordinate(x), coordinate(top), coordinate(width),
                     coordinate(std::max(bottom - top, 0.)));
}

// Draws the bars of one label in the slot that begins at x.
std::string draw_slot(const BarPlot& plot, const Axis& y, size_t label, double x, double slot) {
  const double room = slot * 0.84, offset = offset_of(plot);
  const double width = plot.stacked ? room : room / double(plot.bars.size());
  std::string svg;
  double sum = 0, left = x + (slot - room) / 2;
  for (const Bars& bars : plot.bars) {
    const double value = bars.values[label];
    const double base = plot.stacked ? sum : 0;
    sum += value;
    if (value > 0)
      svg += bar(bars.colour, left, width, y.at(base + value + offset), y.at(base + offset));
    if (!plot.stacked) left += width;
  }
  return svg;
}

std::string title_of(const BarPlot& plot, size_t label) {
  std::string title = escaped(plot.labels[label]);
  for (const Bars& bars : plot.bars)
    title += "&#10;" + escaped(fmt::format("{}: {}", bars.name, shown(bars.values[label])));
  return title;
}

// Draws the labels below the axis: all of them, or every n-th if there is no room for all.
std::string draw_labels(const BarPlot& plot, const Frame& frame, double slot) {
  constexpr double kLetter = 5.6, kGap = 6;
  double needed = 1;
  for (const std::string& label : plot.labels)
    needed = std::max(needed, text_width(label, kLetter) + kGap);
  const auto every = std::max(1., std::ceil(needed / slot));
  std::string svg = fmt::format("<path class=\"axis\" d=\"M{} {}H{}\"/>", coordinate(frame.left),
                                coordinate(frame.y_end()), coordinate(frame.x_end()));
  for (size_t i = 0; i < plot.labels.size(); i += size_t(every))
    svg +=
        svg_text(frame.left + slot * (double(i) + 0.5), frame.y_end() + 15, "tm", plot.labels[i]);
  return svg + svg_text((frame.left + frame.x_end()) / 2, frame.height - 6, "tm", plot.x_title) +
         "\n";
}

Axis y_axis(const BarPlot& plot, const Frame& frame) {
  const double offset = offset_of(plot);
  Axis axis =
      make_axis({.low = offset, .high = highest(plot) + offset, .logarithmic = plot.logarithmic},
                frame.y_end(), frame.top);
  if (plot.logarithmic && axis.ticks.front() == 1) axis.ticks.erase(axis.ticks.begin());
  return axis;
}

}  // namespace

std::string BarPlot::html() const {
  const Frame frame;
  const Axis y = y_axis(*this, frame);
  std::string svg = open_svg(frame, title) +
                    draw_y_axis(frame, y, logarithmic ? y_title + " (logarithmic)" : y_title);
  const double slot = (frame.x_end() - frame.left) / double(std::max<size_t>(1, labels.size()));
  for (size_t i = 0; i < labels.size(); ++i) {
    const double x = frame.left + slot * double(i);
    svg += draw_slot(*this, y, i, x, slot);
    svg += fmt::format(
        "<rect class=\"hit\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title>"
        "</rect>\n",
        coordinate(x), coordinate(frame.top), coordinate(slot),
        coordinate(frame.y_end() - frame.top), title_of(*this, i));
  }
  svg += draw_labels(*this, frame, slot) + "</svg>\n";
  if (bars.size() < 2) return svg;
  std::vector<std::pair<std::string, std::string>> names;
  for (const Bars& b : bars) names.emplace_back(b.name, b.colour);
  return legend(names) + svg;
}

}  // namespace report
