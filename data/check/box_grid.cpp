#include "data/check/box_grid.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace data {

int64_t BoxGrid::total() const { return std::accumulate(counts.begin(), counts.end(), int64_t{0}); }

int64_t BoxGrid::most() const { return *std::max_element(counts.begin(), counts.end()); }

size_t even_bin(double value) {
  if (!(value > 0)) return 0;
  return value < 1 ? size_t(value * double(BoxGrid::kBins)) : BoxGrid::kBins - 1;
}

size_t ratio_bin(double value) {
  if (!(value > kLeastShare)) return 0;
  return even_bin(1 - std::log(value) / std::log(kLeastShare));
}

}  // namespace data
