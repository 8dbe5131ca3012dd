// Axes of plots: where a value lies, and which round values have a tick.
#pragma once
#include <string>
#include <vector>

namespace report {

// Writes a coordinate of an SVG with one decimal, or with none if it is whole.
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

// Makes an axis whose ticks are 1, 2 or 5 times a power of ten, or powers of ten if it is
// logarithmic. If `widen`, the range grows to the next tick at each end. A range that is not finite
// is taken as 0 .. 1.
Axis make_axis(AxisRange range, double from, double to, bool widen = true);

// Writes the value of a tick, such as 0.5, 200, 20k or 1e-05.
std::string tick_text(double value);

}  // namespace report
