#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/report/frame.h"
#include "tools/report/html.h"
#include "tools/report/plot.h"

namespace report {
namespace {

Axis axis_of(const HeatMap& map, double from, double to) {
  if (!map.logarithmic) return make_axis({.low = map.low, .high = map.high}, from, to, false);
  Axis axis{.low = map.low, .high = map.high, .from = from, .to = to, .logarithmic = true};
  for (double power = 1e-6; power <= map.high; power *= 10)
    for (double factor : {1., 2., 5.})
      if (const double tick = factor * power; tick >= map.low * 0.999 && tick <= map.high * 1.001)
        axis.ticks.push_back(tick);
  return axis;
}

// The value where a bin begins.
double edge(const HeatMap& map, size_t bin) {
  const double part = double(bin) / double(map.bins);
  return map.logarithmic ? map.low * std::pow(map.high / map.low, part)
                         : std::lerp(map.low, map.high, part);
}

struct Cells {
  const HeatMap& map;
  Axis x, y;
  int64_t most = 0, total = 0;

  std::string bin_in_words(const std::string& name, size_t bin) const {
    const bool open = map.logarithmic && bin == 0;  // smaller values lie there, too
    return open ? fmt::format("{} below {:.3g} %", name, edge(map, 1))
                : fmt::format("{} {:.3g}-{:.3g} %", name, edge(map, bin), edge(map, bin + 1));
  }

  // Few boxes can be seen beside many, so the opacity follows the root of the count.
  std::string cell(size_t row, size_t column) const {
    const int64_t count = map.counts[row * map.bins + column];
    if (count == 0) return {};
    const double left = x.at(edge(map, column)), right = x.at(edge(map, column + 1));
    const double first = y.at(edge(map, row)), last = y.at(edge(map, row + 1));
    return fmt::format(
        "<rect fill-opacity=\"{:.2f}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{} {} "
        "({})&#10;{}, {}</title></rect>\n",
        0.1 + 0.9 * std::sqrt(double(count) / double(most)), coordinate(left),
        coordinate(std::min(first, last)), coordinate(right - left),
        coordinate(std::abs(last - first)), grouped(count), count == 1 ? "box" : "boxes",
        percent(double(count), double(total)), escaped(bin_in_words(map.x_name, column)),
        escaped(bin_in_words(map.y_name, row)));
  }
};

}  // namespace

std::string HeatMap::html() const {
  const Frame& frame = kSquareFrame;
  Cells cells{*this, axis_of(*this, frame.left, frame.x_end()),
              from_top ? axis_of(*this, frame.top, frame.y_end())
                       : axis_of(*this, frame.y_end(), frame.top)};
  for (int64_t count : counts) cells.most = std::max(cells.most, count);
  cells.total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  std::string svg = open_svg(frame, title) + draw_y_axis(frame, cells.y, y_title) +
                    draw_x_axis(frame, cells.x, x_title) +
                    fmt::format("<g class=\"heat {}\">\n", colour);
  for (size_t row = 0; row < bins; ++row)
    for (size_t column = 0; column < bins; ++column) svg += cells.cell(row, column);
  return svg + "</g></svg>\n";
}

}  // namespace report
