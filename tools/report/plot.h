// Plots as SVG: lines and bars, with axes, a legend, and titles that show under the mouse. Colours
// are classes of style.css, so that plots follow the page into the dark.
#pragma once
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
  std::string title;  // what screen readers say in place of the picture
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
  bool logarithmic = false;  // of 1 + value, so that 0 has a place
  std::string html() const;
};

}  // namespace report
