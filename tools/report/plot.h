// Plots as SVG: lines, bars and heat maps, with axes, a legend, and titles that show under the
// mouse. Colours are classes of style.css, so plots change their colours with the page in dark
// mode.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace report {

struct Line {
  std::string name;
  std::string colour;  // a class of style.css: c0 .. c5 differ, q0 .. q9 go from dark to light
  std::vector<std::pair<double, double>> points = {};  // ascending in x
  bool marks = false;                                  // a dot at each point
};

struct LinePlot {
  std::string title;  // what screen readers say instead of the picture
  std::string x_title, y_title;
  std::vector<Line> lines;
  bool from_zero = true;            // the vertical axis begins at 0
  bool unit_range = false;          // both axes are 0 .. 1
  bool may_be_logarithmic = false;  // if the values differ by more than a factor of 20
  bool small = false;               // one of many: without titles of axes, legend and hovering
  double marked_x = -1;             // a vertical line here, if it is not negative
  std::string html() const;
};

struct Bars {
  std::string name, colour;
  std::vector<double> values;  // one per label
};

struct BarPlot {
  std::string title, x_title, y_title;
  std::vector<std::string> labels;
  std::vector<Bars> bars;
  bool stacked = false;      // else side by side
  bool logarithmic = false;  // of 1 + value, so that 0 can be drawn, too
  bool all_labels = false;   // all, slanted if there is no room side by side; else every n-th
  std::string html() const;
};

// Counts of boxes over two axes of equal bins: the more boxes, the darker the cell. Rows go
// downwards if `from_top`, else upwards.
struct HeatMap {
  std::string title, x_title, y_title;
  std::string colour;
  std::string x_name, y_name;  // of the axes, in the titles of cells
  double low = 0, high = 100;  // percent, of both axes
  bool logarithmic = false;    // bins of one ratio
  bool from_top = false;
  size_t bins = 0;              // along each axis
  std::vector<int64_t> counts;  // [row, column]
  std::string html() const;
};

}  // namespace report
