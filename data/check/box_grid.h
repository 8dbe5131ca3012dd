// Counts boxes over two axes: by where they lie in their images, or by how wide and high they are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace data {

struct BoxGrid {
  static constexpr size_t kBins = 20;                                 // along each axis
  std::vector<int64_t> counts = std::vector<int64_t>(kBins * kBins);  // [row, column]

  int64_t& at(size_t row, size_t column) { return counts[row * kBins + column]; }
  int64_t at(size_t row, size_t column) const { return counts[row * kBins + column]; }
  int64_t total() const;
  int64_t most() const;  // in one bin
};

// The axes go from 0 to 1 in bins of one width. A value outside lies in the bin at its end, and so
// does one that is no number, in the first.
size_t even_bin(double value);

// The axes go from kLeastShare to 1 in bins of one ratio. Values below lie in the first bin.
inline constexpr double kLeastShare = 0.01;
size_t ratio_bin(double value);

}  // namespace data
