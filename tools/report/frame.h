// What all plots share: the picture's size, its axes, its legend.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tools/report/axis.h"

namespace report {

struct Frame {
  double width = 440, height = 270;
  double left = 52, right = 12, top = 12, bottom = 42;  // margins
  double x_end() const { return width - right; }
  double y_end() const { return height - bottom; }
};

inline constexpr Frame kSquareFrame{304, 300, 44, 14, 8, 42};
inline constexpr Frame kSmallFrame{200, 150, 24, 6, 6, 18};

// The width of a text in a plot where a Latin letter is `letter` wide. Letters from U+3000 on, such
// as those of Chinese and Japanese, are twice as wide.
double text_width(const std::string& text, double letter);

// Opens an <svg> that grows and shrinks with the page. If `legible`, it shrinks only so far that
// its texts can be read, and what is around it has to scroll.
std::string open_svg(const Frame&, const std::string& title, bool legible = false);
std::string svg_text(double x, double y, const std::string& kind, const std::string& text);
// Draws the ticks as horizontal lines with texts, and the title at the left, from bottom to top.
std::string draw_y_axis(const Frame&, const Axis&, const std::string& title);
std::string draw_x_axis(const Frame&, const Axis&, const std::string& title);
// Makes a row of names with their colours, as HTML to put above the picture.
std::string legend(const std::vector<std::pair<std::string, std::string>>& names_and_colours);

}  // namespace report
