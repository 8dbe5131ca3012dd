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
  constexpr double kWidest = 90;
  const double room = std::min(slot * 0.84, kWidest), offset = offset_of(plot);
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
  for (const Bars& bars : plot.bars) {
    const double value = bars.values[label];
    const std::string text = value == std::floor(value) ? grouped(int64_t(value)) : shown(value);
    title += "&#10;" + escaped(fmt::format("{}: {}", bars.name, text));
  }
  return title;
}

// The room that the longest label takes on a line.
double label_width(const BarPlot& plot) {
  constexpr double kLetter = 5.8;
  double longest = 0;
  for (const std::string& label : plot.labels)
    longest = std::max(longest, text_width(label, kLetter));
  return longest;
}

constexpr double kLabelGap = 6;

// Where all labels are wanted, the plot grows with their number.
Frame frame_of(const BarPlot& plot) {
  Frame frame;
  if (!plot.all_labels) return frame;
  constexpr double kLeastSlot = 14, kSlant = 0.9;  // the height of a slanted label: of its width
  const double count = double(std::max<size_t>(1, plot.labels.size()));
  frame.width = std::max(frame.width, frame.left + frame.right + kLeastSlot * count);
  if (const double width = label_width(plot);
      width + kLabelGap > (frame.x_end() - frame.left) / count) {
    const double bottom = 16 + kSlant * width;
    frame.height += bottom - frame.bottom;
    frame.bottom = bottom;
  }
  return frame;
}

// Draws the labels below the axis: all of them, or every n-th if there is no room for all.
std::string draw_labels(const BarPlot& plot, const Frame& frame, double slot) {
  const double needed = label_width(plot) + kLabelGap;
  const bool slanted = plot.all_labels && needed > slot;
  const auto every = slanted ? 1. : std::max(1., std::ceil(needed / slot));
  std::string svg = fmt::format("<path class=\"axis\" d=\"M{} {}H{}\"/>", coordinate(frame.left),
                                coordinate(frame.y_end()), coordinate(frame.x_end()));
  for (size_t i = 0; i < plot.labels.size(); i += size_t(every)) {
    const double x = frame.left + slot * (double(i) + 0.5);
    svg += slanted
               ? fmt::format(
                     "<text class=\"te\" transform=\"translate({} {}) rotate(-65)\">{}</text>\n",
                     coordinate(x + 4), coordinate(frame.y_end() + 10), escaped(plot.labels[i]))
               : svg_text(x, frame.y_end() + 15, "tm", plot.labels[i]);
  }
  if (plot.x_title.empty()) return svg + "\n";
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
  const Frame frame = frame_of(*this);
  const Axis y = y_axis(*this, frame);
  std::string svg = open_svg(frame, title, all_labels) +
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
