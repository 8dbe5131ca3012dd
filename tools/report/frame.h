// What all plots share: the picture's size, its axes, its legend.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tools/report/axis.h"

namespace report {

struct Frame {
  double width = 440, height = 270;
  double left = 46, right = 12, top = 12, bottom = 42;  // margins
  double x_end() const { return width - right; }
  double y_end() const { return height - bottom; }
};

inline constexpr Frame kSmallFrame{200, 150, 24, 6, 6, 18};

// Opens an <svg> that grows with the page.
std::string open_svg(const Frame&, const std::string& title);
std::string svg_text(double x, double y, const std::string& kind, const std::string& text);
// The horizontal lines and texts of the ticks, and the title, which stands upright at the left.
std::string draw_y_axis(const Frame&, const Axis&, const std::string& title);
std::string draw_x_axis(const Frame&, const Axis&, const std::string& title);
// A row of names with their colours, as HTML that stands above the picture.
std::string legend(const std::vector<std::pair<std::string, std::string>>& names_and_colours);

}  // namespace report
