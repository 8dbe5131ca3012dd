// Axes of plots: where a value lies, and which round values have a tick.
#pragma once
#include <string>
#include <vector>

namespace report {

// A coordinate of an SVG: one decimal, or none if it is whole.
std::string coordinate(double value);

struct Axis {
  double low = 0, high = 1;  // the values at the ends
  double from = 0, to = 1;   // the coordinates of the ends
  bool logarithmic = false;
  std::vector<double> ticks;

  double at(double value) const;  // the coordinate of a value; values outside lie on the ends
};

struct AxisRange {
  double low = 0, high = 1;
  bool logarithmic = false;  // only if low > 0
  int most_ticks = 6;
};

// An axis whose ticks are 1, 2 or 5 times a power of ten, or powers of ten if it is logarithmic.
// If `widen`, the range grows to ticks at both ends. Values that are not finite count as 0 .. 1.
Axis make_axis(AxisRange range, double from, double to, bool widen = true);

// A tick's text: 0.5, 200, 20k, 1e-05.
std::string tick_text(double value);

}  // namespace report
