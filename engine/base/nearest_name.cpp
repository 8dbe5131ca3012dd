#include "engine/base/nearest_name.h"

#include <algorithm>
#include <array>

namespace base {

int edit_distance(const std::string& a, const std::string& b) {
  constexpr size_t kLongest = 64;
  size_t rows = std::min(a.size(), kLongest), columns = std::min(b.size(), kLongest);
  std::array<std::array<int, kLongest + 1>, 3> table{};  // the last three rows
  for (size_t j = 0; j <= columns; ++j) table[0][j] = int(j);
  for (size_t i = 1; i <= rows; ++i) {
    auto &row = table[i % 3], &above = table[(i - 1) % 3], &two_above = table[(i + 1) % 3];
    row[0] = int(i);
    for (size_t j = 1; j <= columns; ++j) {
      int substitution = above[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitution});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return table[rows % 3][columns];
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  int limit = std::clamp(int(name.size()) / 3, 1, 4);
  std::string best;
  for (const std::string& candidate : known) {
    int distance = edit_distance(name, candidate);
    if (distance > limit || (!best.empty() && distance == limit)) continue;
    best = candidate;
    limit = distance;
  }
  return best;
}

}  // namespace base
