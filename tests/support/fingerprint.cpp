#include "tests/support/fingerprint.h"

#include <cmath>

namespace tests {

std::vector<double> fingerprint(const std::vector<double>& values, size_t samples) {
  std::vector<double> out;
  double sum = 0;
  const size_t stride = (values.size() + samples - 1) / samples;
  for (size_t i = 0; i < values.size(); i += stride) out.push_back(values[i]);
  for (size_t i = 0; i < values.size(); ++i) sum += values[i] * std::cos(double(i));
  out.push_back(sum);
  return out;
}

}  // namespace tests
