#include "tools/report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace report {
namespace {

double round_step(double wanted) {
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  for (double factor : {1., 2., 5.})
    if (factor * power >= wanted * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

void add_linear_ticks(Axis& axis, int most, bool widen) {
  const double step = round_step((axis.high - axis.low) / std::max(1, most - 1));
  constexpr double kSlack = 1e-9;
  double first = std::ceil(axis.low / step - kSlack), last = std::floor(axis.high / step + kSlack);
  if (widen) {
    first = std::floor(axis.low / step + kSlack);
    last = std::ceil(axis.high / step - kSlack);
    axis.low = first * step;
    axis.high = last * step;
  }
  for (double k = first; k <= last; ++k) axis.ticks.push_back(k * step);
}

void add_decades(Axis& axis, int most) {
  double first = std::floor(std::log10(axis.low) + 1e-9);
  double last = std::max(first + 1, std::ceil(std::log10(axis.high) - 1e-9));
  axis.low = std::pow(10, first);
  axis.high = std::pow(10, last);
  const double stride = std::max(1., std::ceil((last - first) / std::max(1, most - 1)));
  for (double k = first; k <= last; k += stride) axis.ticks.push_back(std::pow(10, k));
}

}  // namespace

std::string coordinate(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

double Axis::at(double value) const {
  value = std::clamp(value, low, high);
  const double part =
      logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return std::lerp(from, to, part);
}

Axis make_axis(AxisRange range, double from, double to, bool widen) {
  if (!std::isfinite(range.low) || !std::isfinite(range.high)) range.low = 0, range.high = 1;
  if (!(range.high > range.low)) range.high = range.low + std::max(1e-6, std::abs(range.low));
  Axis axis{.low = range.low, .high = range.high, .from = from, .to = to};
  axis.logarithmic = range.logarithmic && range.low > 0;
  if (axis.logarithmic) {
    add_decades(axis, range.most_ticks);
  } else {
    add_linear_ticks(axis, range.most_ticks, widen);
  }
  return axis;
}

std::string tick_text(double value) {
  constexpr double kThousand = 1000, kMillion = 1e6;
  if (std::abs(value) >= kMillion) return fmt::format("{:.4g}M", value / kMillion);
  if (std::abs(value) >= 10 * kThousand) return fmt::format("{:.4g}k", value / kThousand);
  return fmt::format("{:.4g}", std::abs(value) < 1e-12 ? 0. : value);
}

}  // namespace report
